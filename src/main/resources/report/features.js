// The spectrum of the features, and their distances.

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
