// What all parts of the page need: texts, elements, thumbnails, colours, charts.

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


for (const part of document.querySelectorAll('[data-part]')) {
  const why = data.missing[part.dataset.part];
  if (why) {
    part.replaceChildren(element('p', { class: 'why' }, why));
  }
}
const has = (part) => !data.missing[part];
