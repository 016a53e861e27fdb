#!/usr/bin/env node
/*
 * The pages of docs/examples in a real Apache, each as docs/embedding.md says, under a policy that allows
 * no code in the page: a click on a customer's number places a call of whoever is signed in.
 */
'use strict';

const assert = require('assert');
const { begin, Visitor } = require('./fixture');
const { Office } = require('../node/office');
const { test } = require('../node/runner');

let office;

/* The newest call of the user, who must be the one that a click in this page has placed. */
const clicked = async (v, user) => {
	assert.strictEqual((await office.api(user, 'GET', '/history')).json.calls.length, 0);
	await v.page.click('a[data-dialer-client="C-18"]');
	await v.hears('.dialer-toasts', 'Call Initiated');
	const { calls } = (await office.api(user, 'GET', '/history')).json;
	assert.deepStrictEqual(calls.map((c) => [c.userId, c.phoneNumber, c.clientId, c.status]),
		[[user, '+15551230002', 'C-18', 'initiated']]);
	assert.strictEqual((await office.control('GET', '/calls')).calls.length, 1);
};

test('php-with-a-login-of-its-own', async (v) => {
	await v.open('/php/login.php?user=pia');
	await v.open('/php/customers.php');
	assert.match(await v.text('ul'), /Mrs Miller & Sons/);
	await clicked(v, 'pia');
});

test('php-gives-tokens-to-nobody-else', async (v) => {
	const ask = (method) => v.page.request.fetch(`${office.server.url}/php/token.php`, { method });
	assert.strictEqual((await ask('POST')).status(), 403);
	await v.open('/php/login.php?user=pia');
	assert.strictEqual((await ask('GET')).status(), 405);
	assert.strictEqual((await ask('POST')).headers()['cache-control'], 'no-store');
});

test('perl-behind-the-sign-in-of-apache', async () => {
	const v = await Visitor.arrive({ user: 'bob' });
	const asked = [];
	v.page.on('request', (r) => asked.push(r.url()));
	await v.open('/perl/customers.pl');
	assert.match(await v.text('h1'), /bob/);
	await clicked(v, 'bob');
	assert.deepStrictEqual(asked.filter((url) => url.endsWith('/token')), [], 'the token of the page is enough');
	await v.leave();
});

test('plain-html-with-the-sign-in-for-tokens', async () => {
	const v = await Visitor.arrive({ user: 'alice' });
	await v.open('/plain/customers.html');
	await clicked(v, 'alice');
	await v.leave();
});

test('nothing-is-complained-about', async () => {
	assert.doesNotMatch(office.log(), /PHP |:(?:warn|error|crit|alert|emerg)\]/);
});

begin({
	Server: Office,
	settings: { AIRCALL_API_KEY: 'sim-id:sim-token', AIRCALL_REQUESTS_PER_MINUTE: 100000, DIALPAD_CLIENT_ID: null },
	setUp: async (dialer) => {
		office = dialer;
		await office.control('POST', '/reset', {});
		await office.control('POST', '/settings', { busy_users: false });
		office.set({ AIRCALL_BASE_URL: office.sim.url });
		return Visitor.arrive();
	},
});
