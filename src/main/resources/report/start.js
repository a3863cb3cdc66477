// Draws what the data holds. It is the last of the files.

overview();
if (has('map')) map();
if (has('clusters')) clusters();
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
