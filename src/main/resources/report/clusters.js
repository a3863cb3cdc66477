// The clusters, with their images.

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
