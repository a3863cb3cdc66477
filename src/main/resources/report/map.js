// All images as points.

function map() {
  const points = data.map;
  const count = points.x.length;
  const sampled = count < points.of
    ? `${number(count)} of ${number(points.of)} images, a sample` : `All ${number(count)} images`;
  byId('map-lead').textContent =
    `${sampled}, on the first two principal components of their features, which hold ` +
    `${percent(points.explained[0])} and ${percent(points.explained[1] || 0)} of the variance. ` +
    'Point at an image to see it; drag to move, scroll with Ctrl held to zoom.';

  const largestClusters = data.clusters.slice(0, PALETTE.length).map((c) => c.cluster);
  const schemes = {};
  if (has('clusters')) {
    schemes.cluster = {
      name: 'cluster',
      of: (i) => (largestClusters.includes(points.cluster[i]) ? points.cluster[i] : OTHER),
      title: (key) => (key === OTHER ? 'smaller clusters' : `cluster ${key}`),
      colour: (key) => (key === OTHER ? GREY : PALETTE[largestClusters.indexOf(key)]),
      keys: [...largestClusters, OTHER],
    };
  }
  if (labels.length) {
    schemes.label = {
      name: 'label',
      of: (i) => (points.label[i] < PALETTE.length ? points.label[i] : OTHER),
      title: labelName, colour: labelColour,
      keys: [...labels.keys()].slice(0, PALETTE.length)
        .concat(labels.length > PALETTE.length ? [OTHER] : [], [NO_LABEL]),
    };
  }
  if (!schemes.cluster && !schemes.label) {
    schemes.none = { name: 'none', of: () => OTHER, title: () => 'all', colour: () => GREY, keys: [OTHER] };
  }
  const colour = byId('map-colour');
  const filter = byId('map-filter');
  const search = byId('map-search');
  for (const scheme of [schemes.label, schemes.cluster, schemes.none]) {
    if (scheme) {
      colour.append(element('option', { value: scheme.name }, scheme.name));
    }
  }
  const present = new Set();
  let scheme;
  let visible = [];
  let selected = null;
  let drawn = null;

  function choose() {
    scheme = schemes[colour.value];
    present.clear();
    for (let i = 0; i < count; i++) {
      present.add(scheme.of(i));
    }
    filter.replaceChildren(element('option', { value: '' }, 'everything'),
      ...scheme.keys.filter((key) => present.has(key))
        .map((key) => element('option', { value: key }, scheme.title(key))));
  }

  function update() {
    const wanted = search.value.toLowerCase();
    visible = [];
    for (let i = 0; i < count; i++) {
      if ((filter.value === '' || String(scheme.of(i)) === filter.value) &&
          points.name[i].toLowerCase().includes(wanted)) {
        visible.push(i);
      }
    }
    visible.sort((a, b) => points.x[a] - points.x[b]);
    byId('map-count').textContent = `${plural(visible.length, 'image', 'images')} shown`;
    if (selected !== null && !visible.includes(selected)) {
      select(null);
    }
    if (drawn) {
      drawn.draw();
    }
  }

  function facts(i) {
    return [
      ...(has('clusters')
        ? [['Cluster', `${points.cluster[i]} (${percent(points.confidence[i])})`]] : []),
      ...(points.label[i] === NO_LABEL ? [] : [['Label', labelName(points.label[i])]]),
    ];
  }

  function select(i) {
    selected = i;
    const detail = byId('map-detail');
    if (i === null) {
      detail.replaceChildren(element('span', { class: 'why' },
        'Click an image, or focus the map and press the arrow keys.'));
      return;
    }
    const list = element('dl', {});
    for (const [name, value] of [...facts(i), ['Name', points.name[i]]]) {
      list.append(element('dt', {}, name), element('dd', {}, value));
    }
    const gallery = data.clusters.some((c) => c.cluster === points.cluster[i]);
    const show = element('button', { type: 'button' }, 'Show its cluster');
    show.addEventListener('click', () => showCluster(points.cluster[i]));
    detail.replaceChildren(
      ...(data.thumbnails ? [thumbnail(points.thumbnail[i], points.name[i], 144)] : []),
      list, ...(gallery ? [show] : []));
  }

  function tooltip(i) {
    const picture = data.thumbnails
      ? `<span class="thumb ${sheetOf(points.thumbnail[i])}" ` +
        `style="${thumbnailStyle(points.thumbnail[i], 96)}"></span>` : '';
    const lines = facts(i).map(([name, value]) => `${name} <b>${escape(value)}</b>`).join('<br>');
    return `<div class="tip">${picture}<div>${lines}<small>${escape(points.name[i])}</small></div></div>`;
  }

  // The wheel alone, and a finger, go on scrolling the page.
  const zoom = {
    type: 'inside', filterMode: 'none', zoomOnMouseWheel: 'ctrl', preventDefaultMouseMove: false,
  };
  const narrow = () => byId('map-chart').clientWidth < 560;
  choose();
  update();
  drawn = chart('map-chart', () => ({
    grid: { left: 8, right: narrow() ? 12 : 24, top: 40, bottom: 8, containLabel: true },
    legend: {
      type: 'scroll', top: 0, left: 0, right: 0,
      data: scheme.keys.filter((key) => present.has(key)).map(scheme.title), textStyle: { color: ink('--text') },
      pageTextStyle: { color: ink('--text') }, pageIconColor: ink('--accent'),
    },
    tooltip: { trigger: 'item', formatter: (item) => tooltip(item.data[2]) },
    xAxis: { type: 'value', scale: true, axisLabel: { show: false }, axisTick: { show: false } },
    yAxis: { type: 'value', scale: true, axisLabel: { show: false }, axisTick: { show: false } },
    dataZoom: [
      { xAxisIndex: 0, ...zoom },
      { yAxisIndex: 0, ...zoom },
    ],
    series: [
      ...scheme.keys.filter((key) => present.has(key)).map((key) => ({
        type: 'scatter', name: scheme.title(key), symbolSize: narrow() ? 5 : 7,
        itemStyle: { color: scheme.colour(key), opacity: 0.75 },
        emphasis: { scale: 2, itemStyle: { opacity: 1, borderColor: ink('--text'), borderWidth: 1 } },
        data: visible.filter((i) => scheme.of(i) === key).map((i) => [points.x[i], points.y[i], i]),
      })),
      ...(selected === null ? [] : [{
        type: 'scatter', name: 'selected', symbolSize: 18, silent: true, z: 10,
        itemStyle: { color: 'transparent', borderColor: ink('--focus'), borderWidth: 3 },
        data: [[points.x[selected], points.y[selected], selected]],
      }]),
    ],
  }));
  select(null);
  drawn.instance.on('click', (item) => {
    select(item.data[2]);
    drawn.draw();
  });
  byId('map-chart').addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !visible.length) {
      return;
    }
    event.preventDefault();
    const at = visible.indexOf(selected);
    const next = at < 0 ? Math.floor(visible.length / 2) : at + step;
    select(visible[Math.max(0, Math.min(visible.length - 1, next))]);
    drawn.draw();
  });
  colour.addEventListener('change', () => {
    choose();
    update();
  });
  filter.addEventListener('change', update);
  search.addEventListener('input', update);
}
