// Images and those that are most like them.

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
