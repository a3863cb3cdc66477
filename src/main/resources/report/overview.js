// The numbers at the top.

document.title = `${data.title} – swav report`;
byId('title').textContent = data.title;
byId('subtitle').textContent = data.title === metrics.model ? '' : metrics.model;

function overview() {
  const { classification, clusters, features } = metrics;
  const agreement = clusters && clusters.agreement;
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
  if (clusters) {
    row('Prototypes used',
      number(clusters.used) + (clusters.prototypes ? ` of ${number(clusters.prototypes)}` : ''),
      'Clusters that have an image. Many unused ones: take fewer prototypes.');
    row('Entropy of use', number(clusters.entropy, 3),
      `Nats; as if ${number(clusters.effective, 1)} clusters were used evenly. The largest has ` +
      `${percent(clusters.largestShare)} of the images.`);
    tiles.push([number(clusters.used), 'clusters used']);
  }
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
    if (features.consistency !== null) {
      row("Neighbours' consistency", percent(features.consistency),
        `Of an image's ${features.neighbours} nearest, those in its cluster; ` +
        `${number(features.queries)} images looked at.`);
    }
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
