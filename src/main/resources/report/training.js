// The curves of the run.

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
