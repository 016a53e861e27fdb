/* The link and the rows of a running call follow it. */
'use strict';

const assert = require('assert');
const { execFileSync } = require('child_process');
const path = require('path');
const { build } = require('../../node/dialer');
const { test } = require('../../node/runner');
const { LINK, NUMBER, rows, state, until } = require('./office');

const ID = '6b00893e02dd7c3d3dd24a32';
const START = '2026-11-20T12:00:00.000Z';
const CALL = { id: ID, phoneNumber: NUMBER, startTime: START, provider: 'aircall' };

/* GET /call/ID tells of the call as it is in `v.call`. */
const follow = (v, call) => {
	v.call = { ...CALL, ...call };
	return v.page.route(`**/api/dialer/call/${ID}`, (route) => {
		v.polls = (v.polls || 0) + 1;
		return route.fulfill({ json: { success: true, call: v.call } });
	});
};

const statusText = (v, selector = '#link + .dialer-status') => v.page.textContent(selector);

test('link-and-row-follow-the-call-to-its-end', async (v) => {
	await v.clock({ time: new Date(START) });
	await follow(v, { status: 'initiated' });
	await v.answer(200, { call: v.call, notice: { title: 'Call Initiated', text: 'Calling' } });
	await v.show(`${LINK}
		<table><tr id="row" data-dialer-call="${ID}"><td>Mrs Miller</td><td>12:00</td></tr></table>
		<p id="own" data-dialer-call="${ID}"><b data-dialer-show="status">?</b> today</p>`);
	await v.page.click('#link');
	await v.hears('#link + .dialer-status', 'calling');
	v.call.status = 'ringing';
	await v.page.clock.runFor(2000);
	await v.hears('#link + .dialer-status', 'ringing');
	assert.strictEqual(await v.page.getAttribute('#link', 'data-dialer-status'), 'ringing');
	v.call = { ...v.call, status: 'in-progress', answerTime: new Date().toISOString() };
	await v.page.clock.runFor(2000);
	await v.hears('#row td:last-child', 'in progress 0:0');
	await v.page.clock.runFor(65000);
	await v.hears('#link + .dialer-status', 'in progress 1:0');
	v.call = { ...v.call, status: 'completed', duration: 300, talkTime: 284, endTime: START };
	await v.page.clock.runFor(10000);
	await v.hears('#link + .dialer-status', 'completed 4:44');
	assert.strictEqual(await v.text('#row'), 'Mrs Miller12:00completed 4:44');
	assert.strictEqual(await v.text('#own'), 'completed 4:44 today');
	assert.strictEqual(await v.page.getAttribute('#row', 'data-dialer-status'), 'completed');
	const told = (await v.told('status')).slice(-3);
	assert.deepStrictEqual(told.map(({ detail }) => detail.call.status),
		['ringing', 'in-progress', 'completed']);
	assert.ok(told.every(({ id }) => id === 'link'));
	/* Then it is over. */
	const polls = v.polls;
	await v.page.clock.runFor(300000);
	assert.strictEqual(v.polls, polls);
});

test('polling-backs-off-and-stops-in-hidden-tabs', async (v) => {
	const hide = (hidden) => v.page.evaluate((h) => {
		Object.defineProperty(document, 'hidden', { configurable: true, get: () => h });
		document.dispatchEvent(new Event('visibilitychange'));
	}, hidden);
	const pollsIn = async (ms) => {
		const before = v.polls;
		for (let i = 0; i < 20; i++)
			await v.page.clock.runFor(ms / 20);
			await until('answered', () => v.pending === 0);
		return v.polls - before;
	};
	await v.clock();
	await follow(v, { status: 'ringing' });
	await v.show(`<table><tr id="row" data-dialer-call="${ID}"><td></td></tr></table>`);
	await v.hears('#row', 'ringing');
	const first = await pollsIn(10000);
	await pollsIn(290000);
	const later = await pollsIn(100000);
	assert.ok(first >= 4 && first <= 12, `${first} in the first ten seconds`);
	assert.ok(later >= 3 && later <= 10, `${later} in a hundred seconds later`);
	await hide(true);
	assert.strictEqual(await pollsIn(600000), 0);
	const before = v.polls;
	await hide(false);
	await until('asked again', () => v.polls > before);
});

test('server-that-is-away-is-asked-less-often', async (v) => {
	let asked = 0;
	await v.clock();
	await v.page.route(`**/api/dialer/call/${ID}`, (route) => {
		asked++;
		return route.fulfill({ status: 503, json: { success: false } });
	});
	await v.show(`<p data-dialer-call="${ID}"></p>`);
	for (let i = 0; i < 60; i++)
		await v.page.clock.runFor(2000);
	assert.ok(asked >= 3 && asked <= 9, `${asked} times in two minutes`);
});

test('row-of-somebody-else-is-left-alone', async (v) => {
	await v.clock();
	await v.show(`<p id="row" data-dialer-call="${ID}">as it was</p><p id="bad" data-dialer-call="x">b</p>`);
	await until('asked', () => v.asked.includes(`GET /call/${ID}`));
	await v.page.clock.runFor(60000);
	await v.quiet();
	assert.strictEqual(v.asked.filter((one) => one === `GET /call/${ID}`).length, 1);
	assert.strictEqual(await v.text('#row'), 'as it was');
});

test('rows-that-come-later-and-many-of-them', async (v) => {
	const id = (n) => `${(0x6b000000 + n).toString(16)}02dd7c3d3dd24a32`;
	await v.page.route('**/api/dialer/call/*', (route) => route.fulfill({ json: { success: true,
		call: { ...CALL, id: route.request().url().slice(-24), status: 'no-answer' } } }));
	await v.show('<div id="list"></div>');
	await v.page.evaluate((ids) => {
		document.getElementById('list').innerHTML =
			ids.map((one) => `<p data-dialer-call="${one}"></p>`).join('');
	}, Array.from({ length: 200 }, (_, n) => id(n)));
	await v.hears('#list p:last-child', 'no answer');
	await v.quiet();
	const asked = new Set(v.asked.filter((one) => one.startsWith('GET /call/')));
	assert.strictEqual(asked.size, 50);
	assert.ok(asked.has(`GET /call/${id(199)}`) && !asked.has(`GET /call/${id(100)}`));
});

test('dashboard-follows-a-call', async (v) => {
	await follow(v, { status: 'ringing' });
	await v.show('<p>x</p>');
	await v.page.evaluate((one) => {
		window.heard = [];
		window.stop = window.Dialer.follow(one, (call) => window.heard.push(call.status));
	}, ID);
	await until('heard', () => v.page.evaluate(() => window.heard.length > 0));
	v.call.status = 'busy';
	await until('the end', () => v.page.evaluate(() => window.heard.includes('busy')));
	assert.deepStrictEqual(await v.page.evaluate(() => window.heard.filter((s, i, all) => s !== all[i - 1])),
		['ringing', 'busy']);
});

/* The whole way: provider, sync, interface, page. */
test('real-call-is-followed-to-its-end', async (v) => {
	await state.dialer.control('POST', '/script',
		{ outcome: 'answered', started_at_delay: 0, answer_after: 0, hangup_after: 1 });
	/* Calls of other tests to the same number would be taken for it. */
	await v.show('<a id="link" href="tel:+15559998877">x</a>');
	await v.page.click('#link');
	await v.toast('Call Initiated');
	await until('the end of the call', async () => {
		execFileSync(path.join(build, 'cron/dialer-sync'), ['--config', state.dialer.file('dialer.env')],
			{ env: state.dialer.env });
		return (await rows())[0].status === 'completed';
	});
	await v.hears('#link + .dialer-status', 'completed 0:0');
});
