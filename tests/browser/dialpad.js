#!/usr/bin/env node
/* A Dialpad connection from the dashboard in a real Chromium: the simulator's consent page and back. */
'use strict';

const assert = require('assert');
const { test } = require('../node/runner');
const { begin, requestsTo } = require('./fixture');
const { Agent } = require('./agent');

const NUMBER = '+15551234567';

let dialer;

/* --- what a test has --- */

class Connecting extends Agent {
	/* From the button to Dialpad's page. */
	async goToConsent() {
		await this.page.click('#connect');
		await this.page.waitForURL((url) => url.pathname === '/oauth2/authorize');
	}

	async comeBack(button) {
		await this.page.click(button);
		await this.page.waitForURL((url) => url.pathname === '/dialer/');
	}

	async connect() {
		await this.goToConsent();
		await this.comeBack('#allow');
		await this.hears('#dialpad-badge', 'Connected');
	}

	async cookie() {
		return (await this.context.cookies()).find((c) => c.name === 'dialer_oauth');
	}
}

const statusOf = async (user) => (await dialer.api(user, 'GET', '/dialpad/status')).json;

/* --- Dialpad --- */

test('connection-from-the-button-back-to-the-page', async (v) => {
	await v.signIn();
	await v.hears('#dialpad-badge', 'Not connected');
	await v.goToConsent();
	assert.strictEqual(await v.text('#client'), 'sim-client');
	assert.match(await v.text('#scopes'), /offline_access/);
	const cookie = await v.cookie();
	assert.strictEqual(cookie.httpOnly, true);
	assert.strictEqual(cookie.sameSite, 'Lax');
	await v.picture('consent');
	await v.comeBack('#allow');
	await v.hears('#dialpad-result', 'Dialpad is connected.');
	await v.hears('#scopes', 'offline_access');
	await v.page.waitForURL(`${dialer.server.url}/dialer/`);
	assert.strictEqual(await v.cookie(), undefined);
	assert.strictEqual(await v.page.isVisible('#connect'), false);
	assert.strictEqual(await v.page.isVisible('#disconnect'), true);
	await v.expectAccessible('connected');
	await v.picture('connected');
	assert.strictEqual((await statusOf('alice')).connected, true);
	assert.strictEqual((await statusOf('bob')).connected, false);
	/* A reload shows the state, and does not repeat the news. */
	await v.page.reload();
	await v.hears('#scopes', 'offline_access');
	assert.strictEqual(await v.text('#dialpad-result'), '');
	await v.page.goBack();
	await v.page.waitForLoadState();
	assert.strictEqual((await statusOf('alice')).connected, true);
});

test('disconnecting', async (v) => {
	await v.signIn();
	await v.connect();
	await v.page.click('#disconnect');
	await v.hears('#dialpad-result', 'Dialpad disconnected');
	await v.hears('#dialpad-badge', 'Not connected');
	assert.strictEqual((await requestsTo('/oauth2/deauthorize')).length, 1);
	assert.strictEqual(await v.page.isVisible('#connect'), true);
});

test('cancelling-changes-nothing', async (v) => {
	await v.signIn();
	await v.goToConsent();
	await v.comeBack('#cancel');
	await v.hears('#dialpad-result', 'cancelled');
	await v.hears('#dialpad-badge', 'Not connected');
	assert.match(await v.page.getAttribute('#dialpad-result', 'class'), /bad/);
	assert.strictEqual((await requestsTo('/oauth2/token')).length, 0);
	assert.strictEqual((await statusOf('alice')).connected, false);
	await v.connect();
});

test('failure-is-said-in-words', async (v) => {
	await v.signIn();
	await dialer.control('POST', '/faults',
		{ path: '/oauth2/token', method: 'POST', outcome: 'refuse', status: 503, times: 1 });
	await v.goToConsent();
	await v.comeBack('#allow');
	await v.hears('#dialpad-result', 'could not be reached');
	await v.hears('#dialpad-badge', 'Not connected');
	dialer.set({ DIALPAD_REQUIRED_SCOPES: 'calls:list' });
	await dialer.control('POST', '/settings', { dialpad_name_scope: true });
	await v.goToConsent();
	await v.comeBack('#allow');
	await v.hears('#dialpad-result', '(calls:list)');
	assert.strictEqual((await statusOf('alice')).connected, false);
	await v.expectAccessible('not connected');
	await v.picture('failure');
});

test('refused-refresh-asks-to-connect-again', async (v) => {
	await v.signIn();
	await dialer.control('POST', '/settings', { dialpad_expires_in: 1 });
	await v.connect();
	await dialer.control('POST', '/faults', { path: '/oauth2/token', method: 'POST',
		outcome: 'refuse', status: 400, body: { error: 'invalid_grant' } });
	dialer.set({ AIRCALL_API_KEY: 'sim-id:sim-token', AIRCALL_BASE_URL: dialer.sim.url });
	await v.page.fill('#number', NUMBER);
	await v.page.click('#call');
	await v.hears('#calls', 'Aircall');
	await v.hears('#dialpad-badge', 'Connect again');
	await v.hears('#connect', 'Connect again');
	assert.strictEqual((await statusOf('alice')).needsReconnect, true);
	await dialer.control('DELETE', '/faults');
	await v.connect();
});

/* Somebody sends his own consent link to another, to get that one's telephone: it ends there. */
test('another-browser-cannot-finish', async (v) => {
	const other = await Connecting.arrive({ user: 'bob' });
	await v.signIn();
	await v.goToConsent();
	await other.signIn();
	await other.page.goto(v.page.url());
	await other.page.click('#allow');
	await other.page.waitForURL((url) => url.search.includes('reason=invalid_state') ||
		url.pathname === '/dialer/');
	assert.strictEqual((await statusOf('alice')).connected, false);
	assert.strictEqual((await statusOf('bob')).connected, false);
	assert.strictEqual((await requestsTo('/oauth2/token')).length, 0);
	await other.leave();
	await v.comeBack('#allow');
	await v.hears('#dialpad-badge', 'Connected');
	assert.strictEqual((await statusOf('bob')).connected, false);
});

test('foreign-words-stay-words', async (v) => {
	await v.signIn();
	await v.open('?dialpad=error&reason=%3Cimg%20src%3Dx%3E&scope=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E');
	await v.hears('#dialpad-result', '<img src=x onerror=alert(1)>');
	for (const word of ['toString', '__proto__', 'constructor', '%', '%ff']) {
		await v.open(`?dialpad=error&reason=${word}`);
		await v.hears('#dialpad-result', 'Dialpad was not connected.');
	}
	assert.strictEqual(await v.page.locator('main img').count(), 0);
});

begin({
	setUp: async (d) => {
		if (!dialer) {
			dialer = d;
			Agent.with(d);
			/* Under another name Dialpad is another site, as it is in earnest: what browsers do to
			 * cookies on the way back depends on that. */
			dialer.elsewhere = dialer.sim.url.replace('127.0.0.1', 'localhost');
		}
		await dialer.begin({ DIALPAD_BASE_URL: dialer.elsewhere, DIALPAD_REQUIRED_SCOPES: null,
			AIRCALL_API_KEY: null });
		return Connecting.arrive({ user: 'alice' });
	},
});
