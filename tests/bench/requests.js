/* The requests that are measured, and those with the same answer size to a floor. */
'use strict';

const calls = require('./calls');

const API = '/api/dialer';
const LIMIT = 20; /* calls of a page: what the page asks for */
const DIFFERENT = 1000; /* calls that take turns in being shown and noted */
exports.LIMIT = LIMIT;

/* Calls from all over the history of so many. */
const some = (count) => {
	const length = Math.min(DIFFERENT, count);
	return Array.from({ length }, (_, i) => calls.id(count, Math.floor((i * count) / length)));
};

const page = (number) => ({
	name: `history page ${number}`, paths: [`${API}/history?page=${number}&limit=${LIMIT}`], of: 'alice',
});
exports.page = page;

/* By name, for a history of so many calls. */
exports.of = (count) => ({
	health: { name: 'health', paths: [`${API}/health`] },
	history: { ...page(1), name: 'history' },
	show: { name: 'show', paths: some(count).map((id) => `${API}/call/${id}`), of: 'alice' },
	notes: {
		name: 'notes', method: 'PUT', paths: some(count).map((id) => `${API}/call/${id}/notes`), of: 'alice',
		body: '{"notes":"Wants to be called again on Friday, number {n}"}',
	},
	create: {
		name: 'create', method: 'POST', paths: [`${API}/call`], of: 'agents',
		body: '{"phoneNumber":"+1{n}","clientId":"c-17"}', key: 'bench-{n}',
	},
});

/* Sent to a server by whom it is of. */
exports.to = (site, server, { of, ...request }) => ({
	...request,
	url: server.url,
	tokens: of === 'alice' ? [site.token('alice')] : of === 'agents' ? site.agentTokens() : [],
});

/* The same request to a floor, which answers as many bytes. */
exports.toFloor = (site, server, request, bytes) => ({
	...exports.to(site, server, request),
	name: `${request.name} of a floor`,
	paths: request.paths.map((path) => `${path.replace(/\?.*/, '')}?${bytes}`),
});

/* What the product asks of Aircall for a call, asked of the simulator alone: on a new connection each
 * time, as the product does it. */
exports.toProvider = (site) => ({
	name: 'the simulator', method: 'POST', url: site.sim.url, paths: ['/v1/users/1527216/calls'],
	tokens: [`Basic ${Buffer.from('sim-id:sim-token').toString('base64')}`],
	body: '{"number_id":967647,"to":"+1{n}"}', close: true,
});
