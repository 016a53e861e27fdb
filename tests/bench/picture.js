/* The figures as one picture (SVG): rates with 4 connections beside the floors, and pages by size. */
'use strict';

const WIDTH = 860;
const LEFT = 180; /* where bars begin */
const LONGEST = 540;
const BAR = 15;
const GAP = 10; /* between groups of bars */
const HEAD = 44;
const COLOURS = { product: '#2563a8', token: '#9aa5b1', empty: '#c9d1d9' };
const NAMES = { product: 'dialer', token: 'checks the token only', empty: 'does nothing' };

const number = (n) => Math.round(n).toLocaleString('en');

const text = (x, y, said, more = '') => `<text x="${x}" y="${y}" ${more}>${said}</text>`;
const box = (x, y, width, colour) =>
	`<rect x="${x}" y="${y}" width="${Math.max(1, width).toFixed(1)}" height="${BAR - 3}" fill="${colour}"/>`;

/* Groups of bars below a title: [{label, bars: [{value, colour, said}]}]. */
const panel = (title, groups, top) => {
	const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
	const parts = [text(16, top + 20, title, 'class="title"')];
	let y = top + HEAD - 12;
	for (const { label, bars } of groups) {
		parts.push(text(LEFT - 10, y + (bars.length * BAR) / 2 + 3, label, 'text-anchor="end"'));
		for (const { value, colour, said } of bars) {
			const width = (value / most) * LONGEST;
			parts.push(box(LEFT, y, width, colour), text(LEFT + width + 6, y + BAR - 5, said, 'class="small"'));
			y += BAR;
		}
		y += GAP;
	}
	return { svg: parts.join('\n'), bottom: y };
};

/* Rates of a mode beside those of its floors. */
const rates = (r, mode) => r.serving.filter((row) => row.mode === mode && row.connections === 4)
	.map((row) => ({
		label: row.name,
		bars: Object.keys(NAMES).filter((who) => row[who]).map((who) => ({
			value: row[who].rps,
			colour: COLOURS[who],
			said: number(row[who].rps) + (who === 'empty' ? `, ${NAMES.empty}` : who === 'token' ? `, ${NAMES.token}` : ''),
		})),
	}));

/* What a page takes, by the number of calls. */
const pages = (r) => r.scale.filter((row) => row.mode === 'fastcgi' && /page/.test(row.name))
	.map((row) => ({
		label: `${number(row.count)}, ${row.name}`,
		bars: [{ value: row.p50, colour: COLOURS.product, said: `${(row.p50 * 1000).toFixed(2)} ms` }],
	}));

exports.draw = (r) => {
	const wanted = [
		['Requests a second under CGI (mod_cgid), 4 connections', rates(r, 'cgi')],
		['Requests a second under FastCGI (mod_fcgid), 4 connections', rates(r, 'fastcgi')],
		['A page of one user\'s history by how many calls he has, FastCGI', pages(r)],
	].filter(([, groups]) => groups.length > 0);
	const parts = [];
	let top = 8;
	for (const [title, groups] of wanted) {
		const { svg, bottom } = panel(title, groups, top);
		parts.push(svg);
		top = bottom + 8;
	}
	parts.push(text(16, top + 14, `${r.processors} x ${r.processor}, Linux ${r.kernel}, Apache ${r.apache}, ` +
		`${r.date.slice(0, 10)}; make bench`, 'class="small"'));
	const height = top + 28;
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">
<style>text{font:13px sans-serif;fill:#1f2933}.title{font-weight:bold;font-size:15px}.small{font-size:11px;fill:#52606d}</style>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
};
