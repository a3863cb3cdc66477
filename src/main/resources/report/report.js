'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { metrics, labels } = data;
  const NO_LABEL = -1;
  const OTHER = -2;
  // Distinct for colour-blind eyes too, on light and dark ground; what comes after shares a grey.
  const PALETTE = ['#3b7dd8', '#e08a1e', '#2f9e6b', '#cf4f4f', '#8b62c9', '#8c6d4f',
    '#d667a8', '#7f9a1f', '#1fa3b5', '#5c6b8a', '#c9a400', '#b04a8e'];
  const GREY = '#9aa3ae';

  const byId = (id) => document.getElementById(id);
  const number = (value, digits = 0) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const percent = (share, digits = 1) => `${number(100 * share, digits)} %`;
  const short = (value) => Number(value).toPrecision(3);
  const escape = (text) =>
    String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  /** An element with attributes and children; text children are text, never markup. */
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) {
        made.setAttribute(name, value);
      }
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  const labelName = (label) =>
    label === OTHER ? 'others' : label === NO_LABEL ? 'no label' : labels[label];
  const labelColour = (label) =>
    label >= 0 && label < PALETTE.length ? PALETTE[label] : GREY;
  // In a bar, neighbours only have to differ: by the golden angle, they do.
  const mixColour = (label) =>
    label < PALETTE.length ? labelColour(label) : `hsl(${(label * 137.5) % 360}deg 45% 58%)`;
  const plural = (count, one, more) => `${number(count)} ${count === 1 ? one : more}`;

  // ---- Thumbnails: cells of the sheets -------------------------------------------------------

  function thumbnailStyle(index, side) {
    const { columns } = data.thumbnails;
    const place = index % (columns * columns);
    const x = -(place % columns) * side;
    const y = -Math.floor(place / columns) * side;
    return `width:${side}px;height:${side}px;background-size:${columns * side}px auto;` +
      `background-position:${x}px ${y}px`;
  }

  const sheetOf = (index) => {
    const { columns } = data.thumbnails;
    return `sheet${Math.floor(index / (columns * columns))}`;
  };

  function thumbnail(index, name, side) {
    if (!data.thumbnails) {
      return element('span', { class: 'caption' }, name);
    }
    return element('span', {
      class: `thumb ${sheetOf(index)}`, style: thumbnailStyle(index, side),
      role: 'img', 'aria-label': name, title: name,
    });
  }

  // ---- Theme ---------------------------------------------------------------------------------

  const charts = [];
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  let theme = 'auto';
  try {
    theme = localStorage.getItem('swav-theme') || 'auto';
  } catch (e) {
    // A file that is opened from a disk may have no storage: the choice then lasts for this visit.
    console.debug(e);
  }

  function applyTheme() {
    const isDark = theme === 'dark' || (theme === 'auto' && dark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    byId('theme').textContent = `Theme: ${theme}`;
    charts.forEach((chart) => chart.draw());
  }

  byId('theme').addEventListener('click', () => {
    theme = { auto: 'light', light: 'dark', dark: 'auto' }[theme];
    try {
      localStorage.setItem('swav-theme', theme);
    } catch (e) {
      console.debug(e);
    }
    applyTheme();
  });
  dark.addEventListener('change', applyTheme);

  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /** A chart that draws itself again when the theme, the data shown or its width changes. */
  function chart(id, option) {
    const place = byId(id);
    const made = echarts.init(place);
    const drawn = {
      instance: made,
      draw() {
        const text = ink('--text');
        const line = ink('--line');
        const base = {
          animation: false,
          textStyle: { color: text, fontFamily: getComputedStyle(document.body).fontFamily },
          grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
          tooltip: {
            confine: true, backgroundColor: ink('--raised'), borderColor: line,
            textStyle: { color: text },
          },
        };
        const own = option();
        const axis = (given) => given && {
          nameTextStyle: { color: ink('--faint') },
          axisLabel: { color: ink('--faint') },
          axisLine: { lineStyle: { color: line } },
          splitLine: { lineStyle: { color: line } },
          ...given,
        };
        made.setOption({
          ...base, ...own,
          tooltip: { ...base.tooltip, ...own.tooltip },
          grid: { ...base.grid, ...own.grid },
          xAxis: axis(own.xAxis), yAxis: axis(own.yAxis),
        }, true);
        place.dataset.drawn = 'true';
      },
    };
    charts.push(drawn);
    new ResizeObserver(() => made.resize()).observe(place);
    drawn.draw();
    return drawn;
  }

  // ---- What is missing -----------------------------------------------------------------------

  for (const part of document.querySelectorAll('[data-part]')) {
    const why = data.missing[part.dataset.part];
    if (why) {
      part.replaceChildren(element('p', { class: 'why' }, why));
    }
  }
  const has = (part) => !data.missing[part];

  // ---- Overview ------------------------------------------------------------------------------

  document.title = `${data.title} – swav report`;
  byId('title').textContent = data.title;
  byId('subtitle').textContent = data.title === metrics.model ? '' : metrics.model;

  function overview() {
    const { classification, clusters, features } = metrics;
    const { agreement } = clusters;
    const probe = classification && classification.linearProbe;
    const tiles = [[number(metrics.embeddings), 'images embedded']];
    const rows = [];
    const row = (name, value, how) => rows.push([name, value, how]);
    if (classification) {
      const taught = `${number(classification.testImages)} images, held out, classified by ` +
        `${number(classification.trainImages)} others of ${classification.classes} classes`;
      for (const knn of classification.knn) {
        row(`${knn.neighbours}-NN accuracy`, percent(knn.accuracy, 2),
          `${taught}: the ${knn.neighbours} most similar vote, by cosine, with temperature ` +
          `${knn.temperature}. Higher is better; chance is about ` +
          `${percent(1 / classification.classes, 0)} with classes of equal size.`);
      }
      tiles.push([percent(classification.knn[0].accuracy),
        `${classification.knn[0].neighbours}-NN accuracy`]);
      if (probe) {
        const fitted = probe.result.converged ? 'converged' : 'did not converge';
        row('Linear probe accuracy', percent(probe.result.accuracy, 2),
          `A logistic regression on the frozen, standardised features (L2 with C ` +
          `${probe.settings.c}, L-BFGS, ${probe.result.iterations} iterations, ${fitted}), on the ` +
          `same images; ${percent(probe.result.trainAccuracy, 2)} on those that it learned from.`);
        tiles.push([percent(probe.result.accuracy), 'linear probe accuracy']);
      }
    }
    row('Prototypes used',
      number(clusters.used) + (clusters.prototypes ? ` of ${number(clusters.prototypes)}` : ''),
      'Clusters that have an image. Many unused ones: take fewer prototypes.');
    row('Entropy of use', number(clusters.entropy, 3),
      `Nats; as if ${number(clusters.effective, 1)} clusters were used evenly. The largest has ` +
      `${percent(clusters.largestShare)} of the images.`);
    tiles.push([number(clusters.used), 'clusters used']);
    if (agreement) {
      row('Purity', percent(agreement.purity, 2),
        'Images in the most frequent class of their cluster; it grows with the number of clusters.');
      row('NMI', number(agreement.nmi, 4),
        'Normalised mutual information of clusters and classes: 0 independent, 1 the same.');
      row('AMI', number(agreement.ami, 4), 'The same, adjusted for chance: 0 for random clusters.');
      row('ARI', number(agreement.ari, 4),
        'Adjusted Rand index: pairs of images on which both agree; 0 for random clusters.');
      if (agreement.hungarianAccuracy !== null) {
        row('Hungarian accuracy', percent(agreement.hungarianAccuracy, 2),
          'Images that are right when each cluster stands for another class, in the best way.');
      }
      tiles.push([number(agreement.nmi, 3), 'NMI with the labels']);
    }
    if (features) {
      row('RankMe', number(features.rankMe, 1),
        `Effective rank of the features, of at most ${metrics.dimensions}. Higher means that more ` +
        'directions are used; compare it between runs.');
      row('Deviation', number(features.deviation, 3),
        'Spread of the features on the unit sphere: 1 all over it, 0 one point (a collapse).');
      row("Neighbours' consistency", percent(features.consistency),
        `Of an image's ${features.neighbours} nearest, those in its cluster; ` +
        `${number(features.queries)} images looked at.`);
      tiles.push([number(features.rankMe, 1), `RankMe, of ${metrics.dimensions}`]);
    }
    byId('tiles').append(...tiles.map(([value, name]) =>
      element('div', { class: 'tile' }, element('b', {}, value), element('span', {}, name))));
    byId('metrics').append(
      element('thead', {}, element('tr', {}, element('th', {}, 'Metric'),
        element('th', {}, 'Value'), element('th', {}, 'Meaning'))),
      element('tbody', {}, ...rows.map(([name, value, how]) =>
        element('tr', {}, element('th', { scope: 'row' }, name),
          element('td', { class: 'number' }, value), element('td', { class: 'how' }, how)))));
    byId('notes').append(...data.notes.map((note) => element('li', {}, note)));
  }

  // ---- Map -----------------------------------------------------------------------------------

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
    const schemes = {
      cluster: {
        name: 'cluster',
        of: (i) => (largestClusters.includes(points.cluster[i]) ? points.cluster[i] : OTHER),
        title: (key) => (key === OTHER ? 'smaller clusters' : `cluster ${key}`),
        colour: (key) => (key === OTHER ? GREY : PALETTE[largestClusters.indexOf(key)]),
        keys: [...largestClusters, OTHER],
      },
    };
    if (labels.length) {
      schemes.label = {
        name: 'label',
        of: (i) => (points.label[i] < PALETTE.length ? points.label[i] : OTHER),
        title: labelName, colour: labelColour,
        keys: [...labels.keys()].slice(0, PALETTE.length)
          .concat(labels.length > PALETTE.length ? [OTHER] : [], [NO_LABEL]),
      };
    }
    const colour = byId('map-colour');
    const filter = byId('map-filter');
    const search = byId('map-search');
    for (const scheme of [schemes.label, schemes.cluster]) {
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
        ['Cluster', `${points.cluster[i]} (${percent(points.confidence[i])})`],
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

  // ---- Clusters ------------------------------------------------------------------------------

  const PAGE = 12;
  let showCluster = () => {};

  function mix(cluster) {
    const known = cluster.labels.filter((part) => part.label !== NO_LABEL);
    if (!known.length) {
      return [];
    }
    const name = (part) => `${labelName(part.label)} ${percent(part.count / cluster.size, 0)}`;
    const bar = element('div', { class: 'mix', role: 'img', 'aria-label': known.map(name).join(', ') },
      ...known.map((part) => element('i', {
        title: name(part),
        style: `width:${100 * part.count / cluster.size}%;background:${mixColour(part.label)}`,
      })));
    return [bar, element('div', { class: 'mix-names' }, known.slice(0, 3).map(name).join(' · '))];
  }

  function card(cluster) {
    const pictures = (title, list) => (list.length ? [
      element('p', {}, title),
      element('div', { class: 'row' }, ...list.map((picture) =>
        thumbnail(picture.thumbnail, `${picture.name}: ${percent(picture.value)}`, 44))),
    ] : []);
    const share = cluster.size / metrics.judged;
    return element('article', { class: 'card', id: `cluster-${cluster.cluster}`, tabindex: '-1' },
      element('h3', {}, `Cluster ${cluster.cluster}: ` +
        `${plural(cluster.size, 'image', 'images')} (${percent(share)})`),
      ...mix(cluster),
      ...pictures('most typical', cluster.typical), ...pictures('most doubtful', cluster.doubtful));
  }

  function clusters() {
    const all = data.clusterSizes.length;
    const shown = data.clusters.length < all
      ? ` The ${data.clusters.length} largest are shown; --galleries shows more.` : '';
    byId('clusters-lead').textContent =
      `${plural(all, 'cluster has', 'clusters have')} images. Typical are the images of which the ` +
      `network is most sure that they belong to the cluster, doubtful those of which it is least sure.${shown}`;

    const sizes = chart('sizes-chart', () => ({
      tooltip: {
        trigger: 'axis',
        formatter: ([bar]) => {
          const known = data.clusters[bar.dataIndex];
          return `${known ? `cluster ${known.cluster}` : 'a smaller cluster'}: ` +
            `<b>${number(bar.value)}</b> images`;
        },
      },
      xAxis: { type: 'category', data: data.clusterSizes.map((size, i) => i + 1), name: '' },
      yAxis: { type: 'value', name: 'images', nameGap: 10 },
      series: [{
        type: 'bar', barCategoryGap: '12%', cursor: 'pointer',
        data: data.clusterSizes.map((size, i) => ({
          value: size,
          itemStyle: { color: i < PALETTE.length ? PALETTE[i] : ink('--accent') },
        })),
      }],
    }));
    sizes.instance.on('click', (bar) => {
      if (data.clusters[bar.dataIndex]) {
        showCluster(data.clusters[bar.dataIndex].cluster);
      }
    });

    const purity = (cluster) => {
      const best = cluster.labels.find((part) => part.label !== NO_LABEL);
      return best ? best.count / cluster.size : 0;
    };
    const orders = {
      size: () => 0,
      pure: (a, b) => purity(b) - purity(a),
      mixed: (a, b) => purity(a) - purity(b),
      number: (a, b) => a.cluster - b.cluster,
    };
    const order = byId('cluster-order');
    const wanted = byId('cluster-label');
    if (!labels.length) {
      byId('cluster-label-control').hidden = true;
      order.querySelector('[value=pure]').remove();
      order.querySelector('[value=mixed]').remove();
    }
    wanted.append(element('option', { value: '' }, 'any label'),
      ...labels.map((name, label) => element('option', { value: label }, `mostly ${name}`)));
    let limit = PAGE;

    function draw() {
      const chosen = data.clusters
        .filter((cluster) => wanted.value === '' || cluster.labels[0].label === Number(wanted.value))
        .sort(orders[order.value]);
      byId('cluster-list').replaceChildren(...chosen.slice(0, limit).map(card));
      byId('cluster-count').textContent =
        `${number(Math.min(limit, chosen.length))} of ${number(chosen.length)} shown`;
      byId('cluster-more').hidden = chosen.length <= limit;
      return chosen;
    }

    showCluster = (number) => {
      wanted.value = '';
      limit = Math.max(limit, draw().findIndex((cluster) => cluster.cluster === number) + 1);
      draw();
      const place = byId(`cluster-${number}`);
      place.scrollIntoView({ block: 'center' });
      place.focus();
    };
    const restart = () => {
      limit = PAGE;
      draw();
    };
    order.addEventListener('change', restart);
    wanted.addEventListener('change', restart);
    byId('cluster-more').addEventListener('click', () => {
      limit += PAGE;
      draw();
    });
    draw();
  }

  // ---- Neighbours ----------------------------------------------------------------------------

  function neighbours() {
    const { looked, right, queries } = data.neighbours;
    byId('neighbours-lead').textContent =
      `Of ${number(looked)} sampled images, ` + (right === null
        ? 'none has a label to compare with. Some of them, with their nearest neighbours by cosine.'
        : `${percent(right)} have a nearest neighbour of their own label. Some of the right and of ` +
          'the wrong ones, with their nearest neighbours by cosine.');
    if (right === null) {
      byId('neighbours-control').hidden = true;
    }
    const picture = (shown, kind, caption, side, value) =>
      element('div', { class: `pic ${kind}`, style: `width:${side + 4}px` },
        thumbnail(shown.thumbnail, shown.name, side),
        element('div', { class: 'caption', title: caption }, caption),
        element('div', { class: 'similarity' }, value));
    const rows = queries.map((query) => {
      const own = query.image.label;
      const row = element('div', { class: 'query' },
        picture(query.image, '', own === NO_LABEL ? '' : labelName(own), 72, ''),
        element('div', { class: 'row' }, ...query.nearest.map((near) => {
          const same = own === NO_LABEL || near.label === NO_LABEL ? ''
            : near.label === own ? 'right' : 'wrong';
          const name = near.label === NO_LABEL ? '' : labelName(near.label);
          return picture(near, same, name, 60, near.value.toFixed(3));
        })));
      return { row, kind: query.right === null ? '' : query.right ? 'right' : 'wrong' };
    });
    const draw = (kind) => byId('neighbour-list').replaceChildren(
      ...rows.filter((row) => kind === 'all' || row.kind === kind).map((row) => row.row));
    byId('neighbours-control').addEventListener('change', (event) => draw(event.target.value));
    draw('all');
  }

  // ---- Features ------------------------------------------------------------------------------

  function features() {
    const f = data.features;
    byId('features-lead').textContent =
      `${metrics.dimensions} features: mean ${short(f.mean)}, deviation ${short(f.deviation)}, ` +
      `from ${short(f.least)} to ${short(f.largest)}; ${percent(f.zeros)} of the values are zero, ` +
      `${number(f.constant)} dimensions do not vary. Two dimensions correlate by ` +
      `${number(f.meanCorrelation, 3)} on average (absolute values).`;
    const positions = f.order.map((dimension, i) => i + 1);
    const dimension = (i) => `dimension ${f.order[i]}`;
    const line = (name, values, colour, more = {}) => ({
      type: 'line', name, data: values, showSymbol: values.length === 1,
      lineStyle: { color: colour, width: 1.5 }, itemStyle: { color: colour }, ...more,
    });

    chart('values-chart', () => ({
      tooltip: {
        trigger: 'axis',
        formatter: ([bar]) => {
          const last = bar.dataIndex === f.counts.length - 1;
          return `${short(f.edges[bar.dataIndex])} to ` +
            `${short(last ? f.largest : f.edges[bar.dataIndex + 1])}: <b>${number(bar.value)}</b> values`;
        },
      },
      xAxis: { type: 'category', data: f.edges.slice(0, -1).map(short) },
      yAxis: { type: 'log', logBase: 10, min: 1, name: 'values (log)', nameGap: 10 },
      series: [{
        type: 'bar', barCategoryGap: '6%', itemStyle: { color: ink('--accent') },
        data: f.counts.map((count) => count || null),
      }],
    }));

    chart('variance-chart', () => ({
      tooltip: { trigger: 'axis', formatter: ([p]) => `${dimension(p.dataIndex)}: <b>${short(p.value)}</b>` },
      xAxis: { type: 'category', data: positions },
      yAxis: { type: 'value' },
      series: [line('variance', f.variances, ink('--accent'), { areaStyle: { opacity: 0.2 } })],
    }));

    chart('range-chart', () => ({
      legend: { top: 0, textStyle: { color: ink('--text') }, itemWidth: 16 },
      grid: { top: 36 },
      tooltip: {
        trigger: 'axis',
        formatter: (lines) => `${dimension(lines[0].dataIndex)}<br>` +
          lines.map((p) => `${p.marker}${p.seriesName} <b>${short(p.value)}</b>`).join('<br>'),
      },
      xAxis: { type: 'category', data: positions },
      yAxis: { type: 'value' },
      series: [
        line('largest', f.maxima, PALETTE[1]), line('mean', f.means, PALETTE[0]),
        line('deviation', f.variances.map(Math.sqrt), PALETTE[2]), line('least', f.minima, PALETTE[4]),
      ],
    }));

    let sum = 0;
    const explained = f.explained.map((share) => (sum += share));
    chart('scree-chart', () => ({
      tooltip: {
        trigger: 'axis',
        formatter: ([p]) => `the first ${p.dataIndex + 1}: <b>${percent(p.value)}</b>`,
      },
      xAxis: { type: 'category', data: explained.map((share, i) => i + 1) },
      yAxis: { type: 'value', min: 0, max: 1, axisLabel: { color: ink('--faint'), formatter: (v) => percent(v, 0) } },
      series: [line('explained', explained, ink('--accent'), { areaStyle: { opacity: 0.2 } })],
    }));

    const size = f.correlated.length;
    byId('correlation-caption').textContent = size < metrics.dimensions
      ? `Correlation of the ${size} dimensions that vary most` : 'Correlation of the dimensions';
    const cells = [];
    f.correlation.forEach((row, i) => row.forEach((value, j) => cells.push([j, i, value])));
    const names = f.correlated.map(String);
    chart('correlation-chart', () => ({
      grid: { left: 4, right: 4, top: 4, bottom: 48, containLabel: true },
      tooltip: {
        trigger: 'item',
        formatter: ({ data: [j, i, value] }) =>
          `dimensions ${names[i]} and ${names[j]}: <b>${number(value, 3)}</b>`,
      },
      xAxis: { type: 'category', data: names, axisTick: { show: false } },
      yAxis: { type: 'category', data: names, inverse: true, axisTick: { show: false } },
      visualMap: {
        min: -1, max: 1, calculable: false, orient: 'horizontal', left: 'center', bottom: 0,
        itemHeight: 140, itemWidth: 12, text: ['1', '−1'], textStyle: { color: ink('--text') },
        inRange: { color: ['#2a6fc4', ink('--ground'), '#c94a3b'] },
      },
      series: [{ type: 'heatmap', data: cells, progressive: 0 }],
    }));
  }

  // ---- Training ------------------------------------------------------------------------------

  function training() {
    const t = data.training;
    const last = t.loss.length - 1;
    byId('training-lead').textContent =
      `${number(t.step[last])} steps; the last logged loss is ${number(t.loss[last], 3)}. A network ` +
      `that knows nothing has ${number(t.chance, 3)}, the logarithm of ${number(t.prototypes)} prototypes.`;
    const curves = [
      ['loss', 'Loss', t.loss, [t.chance, 'ln K']],
      ['learning-rate', 'Learning rate', t.learningRate],
      ['code-entropy', 'Entropy of the mean code', t.codeEntropy, [t.chance, 'ln K']],
      ['prototypes-used', 'Prototypes that are the best of an image', t.prototypesUsed, [t.prototypes, 'K']],
      ['feature-deviation', 'Spread of the projections (0: collapsed)', t.featureStandardDeviation],
      ['gradient-norm', 'Norm of the gradient', t.gradientNorm],
      ['images-per-second', 'Images per second', t.imagesPerSecond],
    ];
    for (const [id, title, values, mark] of curves) {
      byId('training-grid').append(element('figure', { class: id === 'loss' ? 'wide' : null }, element('figcaption', {}, title),
        element('div', { id: `${id}-chart`, class: 'chart', role: 'img', 'aria-label': `${title}, by step` })));
      chart(`${id}-chart`, () => ({
        tooltip: {
          trigger: 'axis',
          formatter: ([p]) => `step ${number(p.value[0])}: <b>${short(p.value[1])}</b>`,
        },
        xAxis: { type: 'value', min: 0, max: t.step[last] },
        yAxis: { type: 'value', scale: true },
        series: [{
          type: 'line', showSymbol: values.length < 3, data: values.map((value, i) => [t.step[i], value]),
          lineStyle: { color: ink('--accent'), width: 2 }, itemStyle: { color: ink('--accent') },
          markLine: mark && {
            silent: true, symbol: 'none', data: [{ yAxis: mark[0] }],
            lineStyle: { color: ink('--faint'), type: 'dashed' },
            label: { formatter: mark[1], color: ink('--faint'), position: 'insideEndTop' },
          },
        }],
      }));
    }
    byId('warnings').append(...t.warnings.map((warning) => element('li', {}, `Warning at ${warning}`)));
  }

  // ---- Crops, configuration, provenance ------------------------------------------------------

  function crops() {
    byId('crop-list').append(...data.crops.map((crop) => {
      const original = element('img', { src: crop.original, alt: `The image ${crop.name}` });
      const sheet = element('img', { src: crop.sheet, alt: 'Its crops' });
      // Small images are shown larger, by whole pixels.
      for (const image of [original, sheet]) {
        image.addEventListener('load', () => {
          image.width = Math.max(1, Math.floor(120 / image.naturalHeight)) * image.naturalWidth;
        });
      }
      return element('div', { class: 'crop' }, element('p', { class: 'mix-names' }, crop.name),
        element('div', { class: 'row' }, original, sheet));
    }));
  }

  overview();
  if (has('map')) map();
  clusters();
  if (has('neighbours')) neighbours();
  if (has('features')) features();
  if (has('training')) training();
  if (has('crops')) crops();
  if (has('config')) byId('config').textContent = data.config;
  byId('facts').append(element('tbody', {}, ...Object.entries(data.provenance).map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', { class: 'text' }, value)))));
  applyTheme();

  // Which part is being read.
  const links = new Map([...document.querySelectorAll('nav a')]
    .map((link) => [link.getAttribute('href').slice(1), link]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        links.forEach((link) => link.removeAttribute('aria-current'));
        links.get(entry.target.id).setAttribute('aria-current', 'true');
      }
    }
  }, { rootMargin: '-20% 0px -70% 0px' });
  document.querySelectorAll('main section').forEach((section) => watcher.observe(section));
  document.documentElement.dataset.ready = 'true';
})();
