/*
 * How much the number of calls counts: pages of one user's history, notes and creating, with data
 * directories of different sizes served side by side.
 */
'use strict';

const data = require('./data');
const { load, compare } = require('./load');
const requests = require('./requests');

const CONNECTIONS = 4;
const FAR_PAGE = 40000;
const WARM_UP = { connections: CONNECTIONS, seconds: 1 };

const pagesOf = (count) => {
	const last = count / requests.LIMIT;
	return { 'page 1': 1, 'middle page': Math.ceil(last / 2), [`page ${FAR_PAGE}`]: FAR_PAGE, 'last page': last };
};

const pages = (count) => Object.entries(pagesOf(count))
	.filter(([, number]) => number <= count / requests.LIMIT)
	.map(([name, number]) => [name, requests.page(number)]);

exports.measure = async (site, sizes, { fastcgi, note, ...options }) => {
	const mode = fastcgi ? 'fastcgi' : 'cgi';
	const served = [];
	for (const count of sizes)
		served.push({ count, server: await site.serve(data.history(site, count), { fastcgi }) });
	const rows = [];
	const together = async (of) => {
		const contenders = {};
		const keys = [];
		for (const { count, server } of served)
			for (const [name, r] of of(count)) {
				contenders[`${count} ${name}`] = { ...requests.to(site, server, r), name: `${name} of ${count}` };
				keys.push({ count, name });
			}
		for (const contender of Object.values(contenders))
			await load(contender, { ...options, ...WARM_UP });
		const figures = await compare(contenders, { ...options, connections: CONNECTIONS });
		for (const { count, name } of keys)
			rows.push({ mode, connections: CONNECTIONS, count, name, ...figures[`${count} ${name}`] });
	};
	note(`${mode}: history pages of ${sizes.join(', ')} calls`);
	await together(pages);
	for (const name of ['notes', 'create']) {
		note(`${mode}: ${name} among ${sizes.join(', ')} calls`);
		await together((count) => [[name, requests.of(count)[name]]]);
	}
	for (const { server } of served)
		await site.stop(server);
	return rows;
};

exports.sizes = (site, sizes) =>
	sizes.map((count) => ({ count, bytes: data.bytes(site, count), perCall: data.bytes(site, count) / count }));
