/*
 * Answers that never come. The phone may ring then: nothing else may be dialled until it is known
 * what became of the request.
 */
'use strict';

const assert = require('assert');
const { test } = require('../../node/runner');
const { LINK, NUMBER, dialled, rows, state, until } = require('./office');

const CALL = '**/api/dialer/call';
const EVERYTHING = '**/api/dialer/**';

/* The server gets the request, and its answer is lost. */
const lose = async (route) => {
	await route.fetch();
	await route.abort('connectionreset');
};

const once = (v) => v.page.route(CALL, lose, { times: 1 });

test('lost-answer-is-asked-for-again', async (v) => {
	await once(v);
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast(`Calling ${NUMBER} via Aircall`);
	assert.strictEqual(v.posts.length, 2);
	assert.strictEqual(v.posts[0].key, v.posts[1].key);
	assert.strictEqual((await dialled()).length, 1);
	assert.strictEqual((await rows()).length, 1);
	assert.deepStrictEqual(v.opened, []);
});

test('lost-answer-that-said-to-open-the-phone-opens-it-once', async (v) => {
	state.dialer.set({ AIRCALL_API_KEY: null });
	await once(v);
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Opening Phone');
	await v.quiet();
	assert.deepStrictEqual(v.opened, [`tel:${NUMBER}`]);
	assert.strictEqual((await rows()).length, 1);
});

/* Every request is refused on the way, but the history shows the call. */
test('history-tells-what-became-of-it', async (v) => {
	await v.page.route(CALL, (route) => route.abort('connectionreset'));
	await once(v);
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Call Initiated');
	await v.quiet();
	assert.deepStrictEqual(v.opened, []);
	assert.strictEqual((await dialled()).length, 1);
	assert.strictEqual((await v.told('placed'))[0].detail.call.id, (await rows())[0].id);
});

test('unconfirmed-in-the-history-is-unclear', async (v) => {
	await state.dialer.control('POST', '/script', { outcome: 'fail' });
	await v.page.route(CALL, (route) => route.abort('connectionreset'));
	await once(v);
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Look at the phone before dialling again');
	await v.quiet();
	assert.deepStrictEqual(v.opened, []);
});

/* Nothing is in the history: nothing was dialled. */
test('request-that-never-arrived-opens-the-phone', async (v) => {
	await v.page.route(CALL, (route) => route.abort('connectionreset'));
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Opening Phone');
	await until('opened', () => v.opened.length === 1);
	await v.page.unroute(CALL);
	await v.page.evaluate(() => window.dispatchEvent(new Event('online')));
	await until('logged', async () => (await rows()).length === 1);
	assert.strictEqual((await dialled()).length, 0);
});

/* It may lie with a server that is too busy to look at it, and be taken up later. */
test('request-that-nobody-took-up-in-time-is-unclear', async (v) => {
	await v.page.route(CALL, () => {});
	await v.show(LINK);
	v.changed = true;
	await v.page.evaluate(() => {
		const { set } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'timeout');
		Object.defineProperty(XMLHttpRequest.prototype, 'timeout', {
			set(ms) { set.call(this, ms < 20000 ? ms : 200); },
		});
	});
	await v.page.click('#link');
	await v.toast('may be ringing');
	await v.quiet();
	assert.deepStrictEqual(v.opened, []);
	assert.strictEqual(await v.page.locator('.dialer-toast a').count(), 0);
});

/* The server was there, dialled, and is gone. */
test('nobody-to-ask-is-unclear-and-the-next-click-finds-out', async (v) => {
	const gone = (route) => route.abort('connectionrefused');
	await v.page.route(CALL, async (route) => {
		await route.fetch();
		await v.page.route(EVERYTHING, gone);
		await route.abort('connectionreset');
	}, { times: 1 });
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('may be ringing');
	await v.quiet();
	assert.strictEqual(await v.page.locator('.dialer-toast a').count(), 0);
	assert.deepStrictEqual(v.opened, []);
	assert.strictEqual((await dialled()).length, 1);
	/* As long as nobody answers it stays so. */
	await v.page.waitForTimeout(1000);
	await v.page.click('#link');
	await until('unclear again', async () => (await v.told('failed')).length === 2);
	assert.deepStrictEqual(v.opened, []);
	await v.page.unroute(EVERYTHING);
	await v.page.waitForTimeout(1000);
	await v.page.click('#link');
	const [{ detail }] = await v.told('placed');
	assert.strictEqual(detail.call.id, (await rows())[0].id);
	assert.strictEqual((await rows()).length, 1);
	assert.strictEqual((await dialled()).length, 1);
});

test('late-click-after-a-lost-answer-says-what-it-was', async (v) => {
	await v.clock();
	await v.page.route(CALL, async (route) => {
		await route.fetch();
		await v.page.route(EVERYTHING, (other) => other.abort('connectionrefused'));
		await route.abort('connectionreset');
	}, { times: 1 });
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('may be ringing');
	await v.page.unroute(EVERYTHING);
	await v.page.route(CALL, async (route) => {
		const json = await (await route.fetch()).json();
		json.call.startTime = new Date(Date.now() - 60000).toISOString();
		await route.fulfill({ json });
	}, { times: 1 });
	await v.page.clock.fastForward(60000);
	await v.page.click('#link');
	await v.toast(`Called Before An earlier click has called ${NUMBER}: calling.`);
	assert.strictEqual((await dialled()).length, 1);
	/* That was the answer; the next click is a call. */
	await v.page.clock.fastForward(60000);
	await v.page.click('#link');
	await v.toast('Call Initiated');
	assert.strictEqual((await dialled()).length, 2);
});

test('cut-answer-is-asked-for-again', async (v) => {
	await v.page.route(CALL, async (route) => {
		const answer = await route.fetch();
		await route.fulfill({ response: answer, body: (await answer.text()).slice(0, 40) });
	}, { times: 1 });
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Call Initiated');
	assert.strictEqual(v.posts.length, 2);
	assert.strictEqual((await dialled()).length, 1);
});

/* Apache's own, when a program is killed: it may have dialled before. */
test('500-after-the-dialling-is-not-dialled-again', async (v) => {
	await v.page.route(CALL, async (route) => {
		await route.fetch();
		await route.fulfill({ status: 500, json: { success: false, error: { code: 'internal' } } });
	}, { times: 1 });
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Call Initiated');
	assert.strictEqual((await dialled()).length, 1);
	assert.deepStrictEqual(v.opened, []);
});

test('500-for-ever-after-the-dialling-neither', async (v) => {
	await v.page.route(CALL, async (route) => {
		if (v.posts.length === 1)
			await route.fetch();
		await route.fulfill({ status: 500, json: { success: false, error: { code: 'internal' } } });
	});
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('Call Initiated');
	await v.quiet();
	assert.strictEqual((await dialled()).length, 1);
	assert.deepStrictEqual(v.opened, []);
});

test('what-was-not-logged-is-told-as-the-page-goes', async (v) => {
	await v.answer(503, { error: { code: 'storage_unavailable' } });
	await v.show(LINK);
	await v.page.click('#link');
	await until('opened', () => v.opened.length === 1);
	await v.page.unrouteAll();
	await v.page.evaluate(() => { location.href = '/dialer/icon.svg'; });
	await until('logged', async () => (await rows()).length === 1);
	assert.strictEqual((await rows())[0].provider, 'tel');
});
