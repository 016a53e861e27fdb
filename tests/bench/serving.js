/*
 * Requests a second and how long one takes, of each endpoint with 1, 4 and 16 connections, beside the
 * same requests to the floors: a program that does nothing, and (CGI) one that only checks the token.
 */
'use strict';

const { request } = require('../node/dialer');
const { load, compare, ratio } = require('./load');
const requests = require('./requests');

const CONNECTIONS = [1, 4, 16];
const WARM_UP = { connections: 16, seconds: 2 };

/* How many bytes of body one good answer has. */
const answerBytes = async (r) => {
	const answer = await request(r.method || 'GET', r.url + r.paths[0], {
		headers: {
			...(r.tokens.length > 0 && { Authorization: r.tokens[0] }),
			...(r.key && { 'Idempotency-Key': `sample-${Date.now()}` }),
		},
		body: r.body && JSON.parse(r.body.replace('{n}', String(2e9 + (Date.now() % 5e9)))),
	});
	if (answer.status !== 200)
		throw new Error(`${r.name}: ${answer.status} ${answer.body}`);
	return answer.body.length;
};

/* Processes that stay are started when they are needed. */
const warmUp = async (contenders, options) => {
	for (const contender of Object.values(contenders))
		await load(contender, { ...options, ...WARM_UP });
};

exports.measure = async (site, config, count, { fastcgi, note, ...options }) => {
	const mode = fastcgi ? 'fastcgi' : 'cgi';
	const product = await site.serve(config, { fastcgi });
	const floors = fastcgi
		? { empty: await site.serve(config, { floor: 'empty_fastcgi', fastcgi }) }
		: { empty: await site.serve(config, { floor: 'empty' }), token: await site.serve(config, { floor: 'token' }) };
	const rows = [];
	for (const [name, r] of Object.entries(requests.of(count))) {
		const ours = requests.to(site, product, r);
		const bytes = await answerBytes(ours);
		const contenders = { product: ours };
		for (const [floor, server] of Object.entries(floors))
			if (floor !== 'token' || r.of)
				contenders[floor] = requests.toFloor(site, server, r, bytes);
		if (name === 'create')
			contenders.provider = requests.toProvider(site);
		if (fastcgi)
			await warmUp(contenders, options);
		for (const connections of CONNECTIONS) {
			note(`${mode}: ${name}, ${connections} connection${connections > 1 ? 's' : ''}`);
			const figures = await compare(contenders, { ...options, connections });
			rows.push({
				mode, name, connections, bytes, ...figures,
				ofEmpty: ratio(figures.product, figures.empty),
				...(figures.token && { ofToken: ratio(figures.product, figures.token) }),
			});
		}
	}
	for (const server of [product, ...Object.values(floors)])
		await site.stop(server);
	return rows;
};
