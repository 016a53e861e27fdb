#!/usr/bin/env node
/*
 * Every answer that the end-to-end tests got from the service, against the service's own description
 * (apache/htdocs/openapi.yaml): statuses, headers and bodies fit, and each status that is described was
 * seen. The answers were written down by tests/e2e/record.c.
 */
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const Ajv = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;
const YAML = require('yaml');
const { build, tree } = require('../node/dialer');
const { run, test } = require('../node/runner');

const document = YAML.parse(fs.readFileSync(path.join(tree, 'apache/htdocs/openapi.yaml'), 'utf8'));

/* --- the description --- */

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: 'document', ...document });

const resolve = (item) => (item && item.$ref
	? item.$ref.slice(2).split('/').reduce((at, name) => at[name], document) : item);
const compiled = new Map();
const schemaAt = (schema) => {
	const text = JSON.stringify(schema);
	if (!compiled.has(text))
		compiled.set(text, ajv.compile(JSON.parse(text.replace(/"#\//g, '"document#/'))));
	return compiled.get(text);
};

const routes = Object.entries(document.paths).map(([template, item]) => ({
	template,
	item,
	pattern: new RegExp(`^${template.replace(/[.]/g, '[.]').replace(/\{[^}]+\}/g, '[^/]+')}$`),
}));
const METHODS = ['get', 'put', 'post', 'delete'];
const methodOf = (item) => METHODS.find((name) => name in item);

/* --- one answer --- */

const ERROR = { $ref: '#/components/schemas/Error' };

/* What is described for the answer; a method that the path does not have shares its 405. */
const describedFor = (record, route) => {
	const method = record.method === 'HEAD' ? 'get' : record.method.toLowerCase();
	const operation = route.item[method] || route.item[methodOf(route.item)];
	return resolve(operation.responses[String(record.status)]);
};

const complaintsAboutHeaders = (record, described) => Object.entries(described.headers || {})
	.filter(([, header]) => header.required)
	.filter(([name]) => !(name.toLowerCase() in record.headers))
	.map(([name]) => `has no ${name}`);

const complaintsAboutBody = (record, schema) => {
	const validate = schemaAt(schema);
	return validate(record.body) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message}`);
};

const complaints = (record, route) => {
	const type = (record.headers['content-type'] || '').split(';')[0];
	const described = describedFor(record, route);
	if (record.method === 'HEAD' || record.method === 'OPTIONS' || record.status === 204)
		return [];
	if (!described)
		return type === 'application/json' ? complaintsAboutBody(record, ERROR) : ['has no JSON'];
	const media = (described.content || {})[type];
	if (described.content && !media)
		return [`is ${type || 'of no type'}`];
	return complaintsAboutHeaders(record, described)
		.concat(media && type === 'application/json' ? complaintsAboutBody(record, media.schema) : []);
};

/* --- all answers --- */

const folder = path.join(build, 'tests/answers');
const files = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith('.jsonl')) : [];

function* records() {
	for (const name of files)
		for (const line of fs.readFileSync(path.join(folder, name), 'utf8').split('\n'))
			if (line !== '')
				yield { file: name, ...JSON.parse(line) };
}

/* Only where all programs ran can be said what was never seen. */
const complete = () => {
	const list = fs.readFileSync(path.join(build, 'tests/list'), 'utf8').split(/\s+/);
	const ran = fs.readdirSync(path.join(build, 'tests/log'));
	return list.filter((name) => name.startsWith('tests/e2e/'))
		.every((name) => ran.includes(`${name.slice(6).replace(/\//g, '-')}.status`));
};

test('the-description-is-one-that-can-be-read', () => {
	assert.strictEqual(document.openapi, '3.1.0');
	for (const { template, item } of routes)
		for (const method of METHODS.filter((name) => name in item))
			for (const [status, response] of Object.entries(item[method].responses)) {
				const described = resolve(response);
				assert.ok(described, `${method} ${template} ${status}`);
				for (const media of Object.values(described.content || {}))
					schemaAt(media.schema);
			}
});

test('a-wrong-answer-is-found', () => {
	const route = routes.find(({ template }) => template === '/health');
	const good = { method: 'GET', status: 200, headers: { 'content-type': 'application/json' }, body: { success: true } };
	assert.deepStrictEqual(complaints(good, route), []);
	assert.notDeepStrictEqual(complaints({ ...good, body: { success: false } }, route), []);
	assert.notDeepStrictEqual(complaints({ ...good, headers: {} }, route), []);
	assert.notDeepStrictEqual(complaints({ ...good, status: 405 }, route), []);
	assert.notDeepStrictEqual(complaints({ ...good, status: 418 }, route), []);
});

test('every-answer-is-as-described', () => {
	const wrong = new Set();
	for (const record of records()) {
		const route = routes.find(({ pattern }) => pattern.test(record.path.replace(/[?#].*$/s, '')));
		for (const complaint of route ? complaints(record, route) : [])
			wrong.add(`${record.file}: ${record.method} ${record.path} ${record.status} ${complaint}: ` +
				JSON.stringify(record.body).slice(0, 300));
	}
	assert.deepStrictEqual([...wrong].slice(0, 20), []);
});

/* What is described and in none of the records, as "method path status". */
const unseenIn = (all) => {
	const seen = new Set();
	for (const record of all) {
		const route = routes.find(({ pattern }) => pattern.test(record.path.replace(/[?#].*$/s, '')));
		const method = route && (record.method.toLowerCase() in route.item
			? record.method.toLowerCase() : methodOf(route.item));
		if (route)
			seen.add(`${method} ${route.template} ${record.status}`);
	}
	return routes.flatMap(({ template, item }) => METHODS.filter((name) => name in item)
		.flatMap((method) => Object.keys(item[method].responses)
			.map((status) => `${method} ${template} ${status}`)))
		.filter((name) => !seen.has(name));
};

test('a-status-that-nobody-produced-is-found', () => {
	const all = unseenIn([]);
	assert.ok(all.length > 50 && all.includes('get /health 200') && all.includes('get /health 503'));
	assert.deepStrictEqual(unseenIn([{ method: 'GET', path: '/health?x', status: 200 }]),
		all.filter((name) => name !== 'get /health 200'));
	assert.deepStrictEqual(unseenIn([{ method: 'GET', path: '/health', status: 404 }]), all);
});

test('every-described-status-was-seen', () => {
	if (complete())
		assert.deepStrictEqual(unseenIn(records()), []);
	else
		console.log('skipped: every-described-status-was-seen: not all end-to-end tests were run');
});

run({ setUp: async () => ({}), tearDown: async () => {}, seconds: 60 })
	.then((good) => process.exit(good ? 0 : 1));
