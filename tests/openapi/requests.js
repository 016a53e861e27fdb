#!/usr/bin/env node
/* Every request that goes to Dialpad, against Dialpad's own OpenAPI document. */
'use strict';

const assert = require('assert');
const { execFile, execFileSync } = require('child_process');
const { promisify } = require('util');
const fs = require('fs');
const path = require('path');
const { Dialer, build, request, tree } = require('../node/dialer');
const { run, test } = require('../node/runner');
const { Recorder } = require('./recorder');
const { Validator } = require('./validator');

const validator = new Validator(JSON.parse(
	fs.readFileSync(path.join(__dirname, 'dialpad-openapi.json'), 'utf8')));

/* --- the validator itself --- */

const BEARER = { authorization: 'Bearer t', 'content-type': 'application/json' };
const CALL = { phone_number: '+15551234567', user_id: 5835806903417907, custom_data: 'x' };

const post = (url, body, headers = BEARER) =>
	({ method: 'POST', url, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
const get = (url, headers = { authorization: 'Bearer t' }) => ({ method: 'GET', url, headers, body: '' });
const without = (name) => {
	const { [name]: dropped, ...rest } = CALL;
	return rest;
};

test('validator-takes-what-is-right', () => {
	const right = [
		['call.call', post('/api/v2/call', CALL)],
		['call.call', post('/api/v2/call', without('custom_data'))],
		['call.call', post('/api/v2/call', { ...CALL, group_type: 'office', group_id: 1, is_consult: true })],
		['call.call', post('/api/v2/call', CALL, { ...BEARER, 'content-type': 'application/json; charset=utf-8' })],
		['users.initiate_call', post('/api/v2/users/5835806903417907/initiate_call', without('user_id'))],
		['users.initiate_call', post('/api/v2/users/me/initiate_call', without('user_id'))],
		['users.get', get('/api/v2/users/me')],
		['call.get_call_info', get('/api/v2/call/5712345678901248')],
		['call.list', get('/api/v2/call?started_after=1767225600000&started_before=1767225700000&cursor=a%2Bb')],
	];
	for (const [operation, r] of right)
		assert.deepStrictEqual(validator.check(r), { operation, complaints: [] }, JSON.stringify(r));
});

const wrong = {
	'call-without-user': post('/api/v2/call', without('user_id')),
	'call-without-number': post('/api/v2/call', without('phone_number')),
	'user-as-text': post('/api/v2/call', { ...CALL, user_id: '5835806903417907' }),
	'user-as-fraction': post('/api/v2/call', { ...CALL, user_id: 1.5 }),
	'user-null': post('/api/v2/call', { ...CALL, user_id: null }),
	'number-null': post('/api/v2/call', { ...CALL, phone_number: null }),
	'number-as-number': post('/api/v2/call', { ...CALL, phone_number: 15551234567 }),
	'custom-data-as-object': post('/api/v2/call', { ...CALL, custom_data: { id: 'x' } }),
	'custom-data-as-number': post('/api/v2/call', { ...CALL, custom_data: 7 }),
	'unknown-group-type': post('/api/v2/call', { ...CALL, group_type: 'team' }),
	'member-of-the-old-form': post('/api/v2/call', { ...CALL, to_number: '+15551234567' }),
	'external-id': post('/api/v2/call', { ...CALL, external_id: 'x' }),
	'user-in-initiate-call': post('/api/v2/users/1/initiate_call', CALL),
	'empty-body': post('/api/v2/call', ''),
	'body-null': post('/api/v2/call', 'null'),
	'body-array': post('/api/v2/call', [CALL]),
	'body-not-json': post('/api/v2/call', 'phone_number=1'),
	'body-as-form': post('/api/v2/call', CALL, { ...BEARER, 'content-type': 'application/x-www-form-urlencoded' }),
	'body-without-type': post('/api/v2/call', CALL, { authorization: 'Bearer t' }),
	'body-of-get': { ...get('/api/v2/users/me'), body: '{}' },
	'no-token': get('/api/v2/users/me', {}),
	'basic-credentials': get('/api/v2/users/me', { authorization: 'Basic eDp5' }),
	'key-in-the-address': get('/api/v2/users/me?apikey=k'),
	'old-path': post('/api/v2/calls', CALL),
	'other-method': { ...post('/api/v2/call', CALL), method: 'PUT' },
	'unknown-parameter': get('/api/v2/call?start_after=1'),
	'time-that-is-none': get('/api/v2/call?started_after=2026-01-01'),
	'parameter-twice': get('/api/v2/call?started_after=1&started_after=2'),
	'call-id-that-is-none': get('/api/v2/call/abc'),
	'trailing-slash': get('/api/v2/call/1/'),
};

for (const [name, r] of Object.entries(wrong))
	test(`validator-refuses-${name}`, () => assert.notDeepStrictEqual(validator.check(r).complaints, []));

/* --- the product --- */

/* Connects a user; the simulator consents at once. */
const connect = async (dialer, user) => {
	const begun = await dialer.api(user, 'POST', '/dialpad/connect');
	assert.strictEqual(begun.status, 200, begun.body);
	const consent = await request('GET', begun.json.authorizeUrl);
	const back = await request('GET', consent.headers.location,
		{ headers: { Cookie: begun.headers['set-cookie'][0].split(';')[0] } });
	assert.strictEqual(back.headers.location, '/?dialpad=connected');
};

const place = async (dialer, user, number) => {
	const placed = await dialer.api(user, 'POST', '/call', { phoneNumber: number });
	assert.strictEqual(placed.status, 200, placed.body);
	assert.strictEqual(placed.json.call.provider, 'dialpad', placed.body);
};

/* The recorder lives in this process: it must go on while the sync runs. */
const sync = (dialer) =>
	promisify(execFile)(path.join(build, 'cron/dialer-sync'), ['--config', dialer.file('dialer.env')], { env: dialer.env });

const administer = (dialer, ...args) =>
	promisify(execFile)(path.join(build, 'bin/dialer'), ['--config', dialer.file('dialer.env'), ...args], { env: dialer.env });

/* Webhooks: found, not as they must be; made; removed. */
const setUpWebhooks = async (dialer) => {
	const publicUrl = 'https://dialer.example.com';
	dialer.set({ DIALPAD_WEBHOOK_SECRET: 'webhook-secret-0123456789-0123456789', DIALER_PUBLIC_URL: publicUrl });
	await dialer.control('POST', '/webhooks', {
		provider: 'dialpad', url: `${publicUrl}/api/dialer/webhooks/dialpad`, secret: 'another', events: ['hangup'],
	});
	for (const command of ['set-up', 'remove', 'set-up', 'list'])
		await administer(dialer, 'webhooks', command, '--provider', 'dialpad');
};

/* Everything the product asks Dialpad for, once in each form. */
const askForAll = async (dialer) => {
	await connect(dialer, 'alice');
	await place(dialer, 'alice', '+15550000001');
	/* With a token that has to be refreshed first. */
	await dialer.control('POST', '/settings', { dialpad_expires_in: 1 });
	await connect(dialer, 'bob');
	await place(dialer, 'bob', '+15550000002');
	dialer.set({ DIALPAD_CALL_API: 'initiate_call' });
	await place(dialer, 'alice', '+15550000003');
	await sync(dialer);
	dialer.set({ DIALPAD_API_KEY: 'sim-company-key' });
	await sync(dialer);
	await setUpWebhooks(dialer);
};

/* The paths that stand in the sources, as patterns. */
const pathsInSources = () => {
	const found = new Set();
	const files = execFileSync('find', ['lib', '-name', '*.c'], { cwd: tree, encoding: 'utf8' }).trim().split('\n');
	for (const file of files)
		for (const [, first, rest] of fs.readFileSync(path.join(tree, file), 'utf8')
			.matchAll(/"(\/api\/v2\/[^"]*)"((?:\s*(?:PRI[a-z]+[0-9]+|"[^"]*"))*)/g))
			found.add((first + [...rest.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join(''))
				.replace(/%[a-z]*/g, '*').split('?')[0]);
	return [...found];
};

/* Paths in the sources to which nothing is sent below. */
const UNSENT = [
	'/api/v2/calls', /* documented nowhere: for hosts that answer it */
];

/* What shares its path with something else, which a look at the paths would not miss. */
const ASKED = ['call.call', 'call.list'];

test('every-request-to-dialpad-is-as-documented', async () => {
	const dialer = await Dialer.start({ DIALER_CALLS_PER_MINUTE: 0 });
	const recorder = await Recorder.start(dialer.sim.url);
	try {
		dialer.set({ DIALPAD_BASE_URL: recorder.url });
		await dialer.control('POST', '/settings', { dialpad_auto_consent: 'allow', busy_users: false });
		/* What went wrong counts after what was sent wrong, which may be why. */
		const failure = await askForAll(dialer).catch((error) => error);
		const sent = recorder.requests.filter((r) => !r.url.startsWith('/oauth2/'));
		const operations = new Set();
		for (const r of sent) {
			const { operation, complaints } = validator.check(r);
			operations.add(operation);
			const { authorization, ...headers } = r.headers;
			assert.deepStrictEqual(complaints, [], `${operation}: ${JSON.stringify({ ...r, headers })}`);
		}
		if (failure)
			throw failure;
		for (const one of ASKED)
			assert.ok(operations.has(one), `${one}: make askForAll ask for it`);
		const paths = sent.map((r) => r.url.split('?')[0]);
		const known = pathsInSources();
		assert.ok(known.length >= 4, known.join());
		for (const one of known) {
			const pattern = new RegExp(`^${one.replace(/\*/g, '[^/]+')}$`);
			assert.strictEqual(paths.some((p) => pattern.test(p)), !UNSENT.includes(one),
				`${one}: make askForAll ask for it, or UNSENT tell why not`);
		}
	} finally {
		recorder.stop();
		await dialer.stop();
	}
});

run({ setUp: async () => ({}), tearDown: async () => {}, seconds: 60 })
	.then((good) => { process.exitCode = good ? 0 : 1; });
