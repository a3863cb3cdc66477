// What the network was shown.

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
