/*
 * Requests as fast as they are answered, by wrk.
 *
 *   load(request, …)       one load: {requests, seconds, p50, p99, mean}, times in seconds
 *   compare(contenders, …) several by turns, so that a change of the machine's mood meets all of them;
 *                          each gets the medians of its rounds, and rates of all rounds for ratio()
 *
 * A request is {url, method, paths, tokens, body, key, close} (load.lua). An answer that is not good, or
 * none at all, ends the benchmark: how fast something is refused is no figure.
 */
'use strict';

const { execFile } = require('child_process');
const fs = require('fs');
const path = require('path');

const script = path.join(__dirname, 'load.lua');
/* Numbers are never used again, also not by another run on kept data. */
let next = 2e9 + (Date.now() % 5e9); /* behind +1 they are telephone numbers */
const NUMBERS = 1e6; /* of one load */

/* ASCII without control characters is written in Lua as in JSON. */
const lua = (value) => (Array.isArray(value) ? `{${value.map(lua).join(',')}}` : JSON.stringify(value));

const specification = (request) => {
	const { method = 'GET', paths, tokens = [], body, key, close } = request;
	const members = Object.entries({ method, paths, tokens, body, key, close, first: next })
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}=${lua(value)}`);
	next += NUMBERS;
	return `return {${members.join(',\n')}}\n`;
};

const run = (args) => new Promise((resolve, reject) => {
	execFile('wrk', args, (error, out) => (error ? reject(error) : resolve(out)));
});

exports.load = async (request, { connections, seconds, dir }) => {
	const file = path.join(dir, 'request.lua');
	fs.writeFileSync(file, specification(request));
	const out = await run(['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script,
		request.url, '--', file]);
	const result = JSON.parse(/^\{.*\}$/m.exec(out)[0]);
	if (result.failed + result.refused > 0 || result.requests === 0)
		throw new Error(`${request.name}: of ${result.requests} requests ${result.failed} got no answer, ` +
			`${result.refused} a refusal`);
	return result;
};

const median = (list) => {
	const sorted = [...list].sort((a, b) => a - b);
	const half = sorted.length >> 1;
	return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
exports.median = median;

/* contenders: {name: request}. */
exports.compare = async (contenders, { rounds, ...options }) => {
	const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
	for (let i = 0; i < rounds; i++)
		for (const [name, request] of Object.entries(contenders))
			results[name].push(await exports.load(request, options));
	return Object.fromEntries(Object.entries(results).map(([name, rs]) => {
		const rates = rs.map((r) => r.requests / r.seconds);
		const of = (member) => median(rs.map((r) => r[member]));
		return [name, { rps: median(rates), p50: of('p50'), p99: of('p99'), mean: of('mean'), rates }];
	}));
};

/* How fast one is beside another: the median over the rounds. */
exports.ratio = (a, b) => median(a.rates.map((rate, i) => rate / b.rates[i]));
