#!/usr/bin/env node
/* The dashboard in a real Chromium: signing in, calling, the history and its notes, with keys alone, on
 * small screens and on paper. (Dialpad's connection: dialpad.js.) */
'use strict';

const assert = require('assert');
const fs = require('fs');
const { request } = require('../node/dialer');
const { test } = require('../node/runner');
const { begin, requestsTo } = require('./fixture');
const { Agent, place } = require('./agent');
const { importCalls, madeUp } = require('./calls');

const NUMBER = '+15551234567';
const MARKUP = '<b>bold</b><script>window.ran = true</script><img src=x onerror="window.ran = true">';

let dialer;

/* --- the page itself --- */

test('page-keeps-its-own-policy', async (v) => {
	const { headers } = await request('GET', `${dialer.server.url}/dialer/`);
	assert.match(headers['content-security-policy'], /^default-src 'self';/);
	assert.doesNotMatch(headers['content-security-policy'], /unsafe/);
	await v.open();
	await v.page.waitForSelector('#sign-in:visible');
	/* Were the policy not in force, this would run. */
	await v.page.evaluate(() => {
		const s = document.createElement('script');
		s.textContent = 'window.ran = true';
		document.body.appendChild(s);
	}).catch(() => {});
	assert.strictEqual(await v.page.evaluate(() => window.ran), undefined);
	assert.match(v.complaints.join(), /Content Security Policy/);
	v.complaints = [];
});

test('without-the-drop-in-the-page-says-so', async (v) => {
	await v.page.route('**/dialer.js', (route) => route.abort());
	await v.open();
	await v.hears('#message', 'could not be loaded');
});

/* --- signing in --- */

test('name-and-password-sign-in-and-a-reload-stays', async (v) => {
	await v.signIn();
	assert.strictEqual(await v.text('#user'), 'alice');
	await v.page.reload();
	await v.page.waitForSelector('#signed-in:visible');
	await v.page.click('#sign-out');
	await v.page.waitForSelector('#sign-in:visible');
	assert.strictEqual(await v.page.evaluate(() => document.activeElement.id), 'get-token');
	assert.strictEqual(await v.page.locator('#calls tr').count(), 0);
	await v.page.reload();
	await v.page.waitForSelector('#sign-in:visible');
	assert.ok(await v.page.isVisible('#still-known'));
	await v.page.click('#get-token');
	await v.page.waitForSelector('#signed-in:visible');
	await v.page.reload();
	await v.page.waitForSelector('#signed-in:visible');
});

test('nothing-is-kept-outside-of-memory', async (v) => {
	await v.signIn();
	await v.shown();
	assert.deepStrictEqual(await v.page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]),
		[0, 0, '']);
	assert.deepStrictEqual(await v.context.cookies(), []);
	const { origins } = await v.context.storageState({ indexedDB: true });
	assert.deepStrictEqual(origins, []);
	assert.doesNotMatch(v.page.url(), /eyJ/);
});

test('wrong-password-does-not', async () => {
	const v = await Agent.arrive({ user: 'alice', password: 'wrong' });
	await v.open();
	await v.page.click('#get-token');
	await v.hears('#message', 'wrong');
	assert.strictEqual(await v.page.isVisible('#signed-in'), false);
	await v.leave();
});

test('pasted-token-signs-in', async () => {
	const v = await Agent.arrive();
	await v.open();
	await v.page.click('#sign-in summary');
	await v.page.fill('#token', 'nonsense');
	await v.page.press('#token', 'Enter');
	await v.hears('#message', 'not a token');
	await v.page.fill('#token', 'a.b.c');
	await v.page.press('#token', 'Enter');
	await v.hears('#message', 'Sign in again');
	await v.page.fill('#token', dialer.token('bob'));
	await v.page.press('#token', 'Enter');
	await v.page.waitForSelector('#signed-in:visible');
	assert.strictEqual(await v.text('#user'), 'bob');
	assert.strictEqual(await v.text('#message'), '');
	await v.leave();
});

test('token-that-ends-is-renewed-or-said-to-have-ended', async (v) => {
	await v.signIn();
	/* The next token is another one, which it were not within the same second. */
	dialer.clock(2000);
	const refusing = (route) => route.fulfill({ status: 401, json: { success: false, message: 'No.' } });
	await v.page.route('**/api/dialer/history?*', refusing, { times: 1 });
	await v.page.click('#refresh');
	await v.shown();
	assert.ok(await v.page.isVisible('#signed-in'));
	dialer.clock(0);
	const other = await Agent.arrive();
	await other.as('bob');
	await other.page.route('**/api/dialer/history?*', refusing);
	await other.page.click('#refresh');
	await other.hears('#message', 'Your sign-in has ended');
	await other.page.waitForSelector('#sign-in:visible');
	await other.leave();
});

/* --- calling --- */

test('what-would-be-dialled-is-shown-before', async (v) => {
	await v.as('shown');
	await v.page.fill('#number', '+1 (555) 123-4567;ext=9');
	await v.hears('#dialled', `Will dial ${NUMBER}`);
	await v.page.fill('#number', '0171 123');
	await v.page.waitForSelector('#dialled.bad');
	dialer.set({ DIALER_DEFAULT_COUNTRY_CODE: '49' });
	await v.page.fill('#number', '0171 1234567');
	await v.hears('#dialled', 'Will dial +491711234567');
	dialer.set({ DIALER_DEFAULT_COUNTRY_CODE: null });
	assert.strictEqual((await dialer.api('shown', 'GET', '/history')).json.pagination.total, 0);
	assert.deepStrictEqual(await requestsTo('/v1/users'), []);
});

test('number-that-is-typed-is-called-once', async (v) => {
	dialer.set({ AIRCALL_API_KEY: 'sim-id:sim-token' });
	await v.as('typist');
	await v.page.fill('#number', '+1 555 123 4567');
	await v.page.fill('#call-client', 'c-17');
	await v.page.dblclick('#call');
	await v.page.waitForSelector('#calls tr.call');
	assert.deepStrictEqual(await v.column('number'), [NUMBER]);
	assert.deepStrictEqual(await v.column('client'), ['c-17']);
	assert.deepStrictEqual(await v.column('route'), ['Aircall']);
	await v.page.waitForFunction(() => !document.getElementById('number').value);
	const placed = (await requestsTo('/v1/users')).filter((r) => r.method === 'POST');
	assert.strictEqual(placed.length, 1);
});

/* The whole of it, as somebody at `make run` would see it. The picture `dashboard` is what README.md
 * shows; a new one is copied from there by hand. */
test('story-of-a-call', async () => {
	dialer.set({ AIRCALL_API_KEY: 'sim-id:sim-token' });
	await dialer.control('POST', '/settings', { answer_after: 1, hangup_after: 600 });
	importCalls(dialer, madeUp('alice', 190, 13 * 24));
	await place('alice', '+15557654321', 0.02, { placedBy: 'tel', clientId: 'C-1187' });
	const v = await Agent.arrive({ user: 'alice', acceptDownloads: true, locale: 'en-GB',
		viewport: { width: 1280, height: 860 } });
	await v.signIn();
	await v.page.click('#connect');
	await v.page.click('#allow');
	await v.hears('#dialpad-result', 'Dialpad is connected.');
	await v.hears('#found', '191 calls');
	/* A number in the page, as in any other. */
	await v.page.click('#calls >> text=+15557654321');
	await v.hears('#found', '192 calls');
	assert.deepStrictEqual((await v.column('route')).slice(0, 2), ['Dialpad', 'Phone']);
	assert.deepStrictEqual((await v.column('client')).slice(0, 2), ['C-1187', 'C-1187']);
	await v.picture('story-1-called');
	await v.becomes('In progress');
	await v.page.waitForFunction(() => /^0:\d[1-9]$/.test(document.querySelector('#calls td.length').textContent));
	await v.page.mouse.move(0, 0);
	await v.picture('dashboard', {});
	const { externalCallId } = (await dialer.api('alice', 'GET', '/history')).json.calls[0];
	await dialer.control('POST', `/calls/${externalCallId}`, { hangup: true });
	await v.becomes('Completed');
	assert.match((await v.column('length'))[0], /^\d+:\d\d$/);
	await v.openDetails(0);
	await v.hears('.facts', 'Placed through Dialpad.');
	await v.page.fill('.editor textarea', 'Wants an offer by Friday');
	await v.page.click('text=Save notes');
	await v.hears('.editor [role=status]', 'Saved.');
	assert.strictEqual((await v.column('notes'))[0], 'Wants an offer by Friday');
	await v.picture('story-2-noted');
	await v.page.click('#filters summary');
	await v.page.fill('#f-number', '+15557654321');
	await v.page.selectOption('#f-status', 'completed');
	await v.page.click('text=Apply');
	await v.hears('#found', '1 call matches status Completed, number +15557654321');
	const [download] = await Promise.all([v.page.waitForEvent('download'), v.page.click('#csv')]);
	assert.match(download.suggestedFilename(), /^calls-\d{4}-\d\d-\d\d\.csv$/);
	const csv = fs.readFileSync(await download.path(), 'utf8');
	assert.match(csv, /^id,userId,.*\r\n[0-9a-f]{24},alice,dialpad,outbound,'?\+15557654321,completed,.*Wants an offer by Friday/);
	await v.hears('#csv-state', 'Downloaded');
	await v.picture('story-3-downloaded');
	await v.leave();
});

/* --- the history --- */

test('history-without-calls-says-so', async (v) => {
	await v.as('newcomer');
	await v.hears('#no-history', 'No calls yet');
	await v.hears('#chart', 'No calls from');
	await v.expectAccessible('empty');
});

test('filters-narrow-the-list', async (v) => {
	await place('sieve', '+15550000001', 40, { placedBy: 'tel', clientId: 'ACME & Co' });
	await place('sieve', '+15550000002', 3);
	await place('sieve', '+15550000001', 1);
	await place('sieve', '+15550000003', 0, { fallback: false });
	await v.as('sieve');
	assert.strictEqual(await v.rows().count(), 4);
	await v.page.fill('#f-number', '+1 555 000-0001');
	await v.page.press('#f-number', 'Enter');
	await v.hears('#found', '2 calls match');
	await v.page.fill('#f-client', 'ACME & Co');
	await v.page.click('text=Apply');
	await v.hears('#found', '1 call matches');
	assert.deepStrictEqual(await v.column('client'), ['ACME & Co']);
	assert.match(v.page.url(), /clientId=ACME%20%26%20Co/);
	await v.page.goBack();
	await v.hears('#found', '2 calls match');
	assert.strictEqual(await v.page.inputValue('#f-client'), '');
	await v.page.click('text="Clear"');
	await v.hears('#found', '4 calls');
	await v.page.click('text="7 days"');
	await v.hears('#found', '3 calls match');
	await v.page.selectOption('#f-status', 'failed');
	await v.page.click('text=Apply');
	await v.hears('#found', '1 call matches');
	assert.deepStrictEqual(await v.column('status'), ['Failed']);
	/* A bookmark finds the same. */
	await v.as('sieve', '?again' + new URL(v.page.url()).hash);
	await v.hears('#found', '1 call matches');
	assert.strictEqual(await v.page.inputValue('#f-status'), 'failed');
	await v.page.selectOption('#f-status', 'busy');
	await v.page.click('text=Apply');
	await v.hears('#no-history', 'No call matches');
	await v.expectAccessible('nothing found');
	await v.page.click('text=Clear the filters');
	await v.hears('#found', '4 calls');
});

test('days-are-those-of-the-reader', async (v) => {
	const far = await Agent.arrive({ timezoneId: 'Pacific/Kiritimati' });
	await far.as('sieve');
	const query = far.page.waitForRequest(/history\?from=.*page=1/);
	await far.page.fill('#f-from', '2026-03-01');
	await far.page.fill('#f-to', '2026-03-01');
	await far.page.click('text=Apply');
	const asked = new URL((await query).url()).searchParams;
	assert.strictEqual(asked.get('from'), '2026-02-28T10:00:00.000Z');
	assert.strictEqual(asked.get('to'), '2026-03-01T10:00:00.000Z');
	await far.leave();
	await v.as('sieve');
	await v.page.fill('#f-from', '2026-03-02');
	await v.page.fill('#f-to', '2026-03-01');
	await v.page.click('text=Apply');
	await v.hears('#filter-wrong', 'must not be after');
});

test('wrong-filter-is-named', async (v) => {
	await v.as('sieve');
	await v.page.fill('#f-number', '12');
	await v.page.click('text=Apply');
	await v.page.waitForSelector('#f-number[aria-invalid="true"]');
	assert.notStrictEqual(await v.text('#filter-wrong'), '');
	await v.expectAccessible('wrong filter');
	await v.page.click('text="Clear"');
	await v.hears('#found', '4 calls');
	assert.strictEqual(await v.text('#filter-wrong'), '');
});

test('times-are-shown-here-and-exactly', async () => {
	const v = await Agent.arrive({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
	const call = await place('clock', NUMBER, 0);
	await v.as('clock');
	const hours = String((new Date(call.startTime).getUTCHours() + 9) % 24).padStart(2, '0');
	assert.match((await v.column('time'))[0], new RegExp(` ${hours}:`));
	assert.strictEqual(await v.page.isVisible('.tip'), false);
	await v.rows().locator('.toggle').hover();
	await v.page.waitForSelector('.tip:visible');
	assert.strictEqual(await v.text('.tip'), call.startTime);
	await v.page.mouse.move(0, 0);
	await v.rows().locator('.toggle').focus();
	await v.page.keyboard.press('Shift+Tab');
	await v.page.keyboard.press('Tab');
	await v.page.waitForSelector('.tip:visible');
	await v.leave();
});

test('ten-thousand-calls-are-as-easy-as-ten', async () => {
	const v = await Agent.arrive({ acceptDownloads: true, timezoneId: 'UTC', locale: 'en-GB' });
	const calls = madeUp('veteran', 10000, 100 * 24);
	importCalls(dialer, calls);
	const asked = [];
	v.page.on('request', (r) => {
		if (/limit=100/.test(r.url()))
			asked.push(r.url());
	});
	await v.as('veteran');
	await v.hears('#found', '10,000 calls: 1 to 20');
	await v.hears('#chart .hint', 'earlier days have too many calls');
	assert.strictEqual(asked.length, 5);
	/* The days that are shown are there as a whole. */
	const days = await v.page.locator('svg.bars > g > title').allTextContents();
	assert.ok(days.length >= 4, days.join());
	days.reverse().forEach((said, ago) => {
		const day = new Date(Date.now() - ago * 86400000).toISOString().slice(0, 10);
		const count = calls.filter((c) => c.startTime.startsWith(day)).length;
		assert.match(said, new RegExp(`: ${count} calls`));
	});
	await v.page.click('#last');
	await v.hears('#found', '9,981 to 10,000');
	assert.ok(await v.page.isDisabled('#next'));
	assert.strictEqual(await v.page.evaluate(() => document.activeElement.id), 'page');
	await v.page.fill('#page', '437');
	await v.page.press('#page', 'Enter');
	await v.hears('#found', '8,721 to 8,740');
	await v.page.click('#previous');
	await v.hears('#found', '8,701 to 8,720');
	await v.page.selectOption('#limit', '100');
	await v.hears('#found', '8,701 to 8,800');
	assert.strictEqual(await v.rows().count(), 100);
	await v.page.goBack();
	await v.hears('#found', '8,701 to 8,720');
	await v.page.fill('#page', '99999');
	await v.page.press('#page', 'Enter');
	await v.hears('#found', '9,981 to 10,000');
	/* An address of a time when there were more. */
	await v.as('veteran', '?later#page=777');
	await v.hears('#found', '9,981 to 10,000');
	const [download] = await Promise.all([v.page.waitForEvent('download'), v.page.click('#csv')]);
	const lines = fs.readFileSync(await download.path(), 'utf8').split('\r\n');
	assert.strictEqual(lines.length, 10002);
	assert.strictEqual((await dialer.api('veteran', 'GET', '/history?format=csv')).body, lines.join('\r\n'));
	/* From any page to the first of others, and the chart follows. */
	const lost = calls.filter((c) => c.status === 'lost').length;
	await v.page.selectOption('#f-status', 'lost');
	await v.page.click('text=Apply');
	await v.hears('#found', `${lost} calls match status Lost: 1 to 20`);
	await v.page.waitForFunction(() => document.querySelectorAll('.legend li').length === 1);
	await v.leave();
});

test('download-can-be-stopped', async (v) => {
	await v.as('veteran');
	await v.page.route('**/history?*format=csv*', () => {}); /* never answered */
	await v.page.click('#csv');
	await v.hears('#csv', 'Stop the download');
	await v.page.click('#csv');
	await v.hears('#csv-state', 'stopped');
	await v.hears('#csv', 'Download CSV');
});

/* Calls of yesterday that were never settled are not asked for one by one. */
test('old-calls-that-have-not-ended-are-read-with-the-list', async (v) => {
	const [call] = madeUp('patient', 1, 30);
	importCalls(dialer, [{ ...call, provider: 'aircall', status: 'unconfirmed', reason: undefined }]);
	await v.page.clock.install();
	const asked = [];
	v.page.on('request', (r) => {
		const { pathname, search } = new URL(r.url());
		if (/call\/|page=1&limit=20/.test(pathname + search))
			asked.push(pathname);
	});
	await v.as('patient');
	assert.deepStrictEqual(await v.column('status'), ['Unclear']);
	const before = asked.length;
	await v.page.clock.runFor(125000);
	await v.page.waitForLoadState('networkidle');
	assert.deepStrictEqual(asked.slice(before), ['/api/dialer/history', '/api/dialer/history']);
});

/* --- notes --- */

test('markup-in-notes-is-text', async (v) => {
	const call = await place('writer', NUMBER, 0, { placedBy: 'tel', clientId: MARKUP, contactId: MARKUP });
	await dialer.api('writer', 'PUT', `/call/${call.id}/notes`, { notes: MARKUP });
	await v.as('writer');
	assert.deepStrictEqual(await v.column('notes'), [MARKUP]);
	assert.deepStrictEqual(await v.column('client'), [MARKUP]);
	await v.openDetails(0);
	assert.strictEqual(await v.page.inputValue('.editor textarea'), MARKUP);
	assert.strictEqual(await v.page.locator('#history img, #history script, #history b').count(), 0);
	assert.strictEqual(await v.page.evaluate(() => window.ran), undefined);
});

/* Opens the only call's notes, has somebody else change them, and tries to save mine. */
const collide = async (v, user, mine, theirs) => {
	const { calls } = (await dialer.api(user, 'GET', '/history')).json;
	const call = calls[0] || await place(user, NUMBER);
	await dialer.api(user, 'PUT', `/call/${call.id}/notes`, { notes: 'before' });
	await v.as(user);
	await v.openDetails(0);
	await v.page.fill('.editor textarea', mine);
	await dialer.api(user, 'PUT', `/call/${call.id}/notes`, { notes: theirs });
	await v.page.click('text=Save notes');
	await v.page.waitForSelector('.conflict:visible');
	return async () => (await dialer.api(user, 'GET', `/call/${call.id}`)).json.call.notes;
};

test('conflict-shows-both-texts-and-saves-neither', async (v) => {
	const stored = await collide(v, 'rival', `mine ${MARKUP}`, `theirs ${MARKUP}`);
	assert.deepStrictEqual(await v.page.locator('.conflict .notes-text').allTextContents(),
		[`theirs ${MARKUP}`, `mine ${MARKUP}`]);
	assert.strictEqual(await stored(), `theirs ${MARKUP}`);
	assert.match(await v.page.evaluate(() => document.activeElement.textContent), /changed meanwhile/);
	await v.expectAccessible('conflict');
	await v.picture('conflict');
	await v.page.click('text=Save mine');
	await v.hears('.editor [role=status]:not(.conflict)', 'Saved.');
	assert.strictEqual(await stored(), `mine ${MARKUP}`);
	assert.deepStrictEqual(await v.column('notes'), [`mine ${MARKUP}`]);
});

test('conflict-can-keep-theirs-or-join-both', async (v) => {
	let stored = await collide(v, 'joiner', 'mine', 'theirs');
	await v.page.click('text=Keep the saved one');
	assert.strictEqual(await v.page.inputValue('.editor textarea'), 'theirs');
	assert.strictEqual(await stored(), 'theirs');
	stored = await collide(v, 'joiner', 'mine', 'theirs');
	await v.page.click('text=Edit both together');
	assert.strictEqual(await v.page.inputValue('.editor textarea'), 'theirs\nmine');
	assert.strictEqual(await stored(), 'theirs');
	await v.page.keyboard.press('Control+Enter');
	await v.hears('.editor [role=status]', 'Saved.');
	assert.strictEqual(await stored(), 'theirs\nmine');
});

test('lost-answer-to-a-saving-is-no-conflict', async (v) => {
	await place('loser', NUMBER);
	await v.as('loser');
	await v.openDetails(0);
	await v.page.fill('.editor textarea', 'said once');
	await v.page.route('**/notes', async (route) => {
		await route.fetch();
		await route.abort();
	}, { times: 1 });
	await v.page.click('text=Save notes');
	await v.hears('.editor [role=status]', 'Not saved');
	assert.strictEqual(await v.page.inputValue('.editor textarea'), 'said once');
	await v.page.click('text=Save notes');
	await v.hears('.editor [role=status]', 'Saved.');
	assert.strictEqual(await v.page.isVisible('.conflict'), false);
});

test('too-long-notes-are-not-sent-and-drafts-stay', async (v) => {
	await place('author', NUMBER);
	await v.as('author');
	await v.openDetails(0);
	await v.page.fill('.editor textarea', 'ü'.repeat(5001));
	await v.hears('.editor', '10,002 of 10,000 bytes: too long');
	assert.ok(await v.page.isDisabled('text=Save notes'));
	await v.page.fill('.editor textarea', 'a draft');
	/* Closed and opened again, and after the list was read again. */
	await v.rows().first().locator('.toggle').click();
	await v.page.click('#refresh');
	await v.shown();
	await v.openDetails(0);
	await v.hears('.editor [role=status]', 'not saved this yet');
	assert.strictEqual(await v.page.inputValue('.editor textarea'), 'a draft');
	await v.page.click('text=Discard changes');
	assert.strictEqual(await v.page.inputValue('.editor textarea'), '');
});

/* --- administrators --- */

test('administrator-reads-everybodys-calls', async (v) => {
	await place('clerk', '+15550000009', 0, { placedBy: 'tel' });
	await v.as('boss', '', '--admin');
	assert.ok(await v.page.isVisible('#role'));
	await v.hears('#no-history', 'No calls yet');
	await v.page.fill('#f-user', 'clerk');
	await v.page.click('text=Apply');
	await v.hears('#found', '1 call matches');
	assert.deepStrictEqual(await v.column('user-column'), ['clerk']);
	await v.openDetails(0);
	await v.hears('.details', 'Only the caller can change them.');
	assert.strictEqual(await v.page.locator('.details textarea').count(), 0);
	await v.page.fill('#f-user', '*');
	await v.page.click('text=Apply');
	await v.page.waitForFunction(() => document.querySelectorAll('#calls tr.call').length > 5);
	await v.expectAccessible('administrator');
	const clerk = await Agent.arrive();
	await clerk.as('clerk', '#userId=*');
	await clerk.hears('#filter-wrong', 'Only administrators');
	assert.strictEqual(await clerk.page.isVisible('#user-field'), false);
	await clerk.leave();
});

/* --- when things go wrong --- */

test('failures-are-said-and-can-be-tried-again', async (v) => {
	await v.as('sieve');
	await v.page.route('**/api/dialer/history?*', (route) => route.fulfill({ status: 503,
		json: { success: false, message: 'The storage is busy.', error: { code: 'storage_unavailable' } } }));
	await v.page.click('#refresh');
	await v.hears('#no-history', 'The storage is busy.');
	await v.hears('#chart', 'The storage is busy.');
	await v.page.click('#csv');
	await v.hears('#csv-state', 'The storage is busy.');
	await v.expectAccessible('failure');
	await v.page.unroute('**/api/dialer/history?*');
	await v.page.route('**/api/dialer/history?*', (route) => route.abort(), { times: 2 });
	await v.page.click('#no-history button');
	await v.hears('#no-history', 'cannot be reached');
	await v.page.click('#chart button');
	await v.hears('#chart', 'cannot be reached');
	await v.page.click('#no-history button');
	await v.hears('#found', '4 calls');
});

/* --- with keys alone, small, on paper --- */

test('keys-alone-are-enough', async (v) => {
	const press = async (...keys) => {
		for (const key of keys)
			await v.page.keyboard.press(key);
	};
	const focus = () => v.page.evaluate(() => document.activeElement.id || document.activeElement.className);
	dialer.set({ AIRCALL_API_KEY: 'sim-id:sim-token' });
	await place('keys', NUMBER);
	await v.as('keys', '#status=handed-off');
	await v.page.evaluate(() => document.activeElement.blur());
	await press('Tab');
	assert.strictEqual(await focus(), 'skip');
	await press('Enter');
	assert.strictEqual(await focus(), 'history-title');
	await v.hears('#found', '1 call matches status Handed off');
	await press('Tab');
	assert.strictEqual(await focus(), 'refresh');
	for (let i = 0; i < 20 && !/toggle/.test(await focus()); i++)
		await press('Tab');
	assert.match(await focus(), /toggle/);
	await press('Enter');
	await v.detailsAreRead();
	await press('Tab', 'Tab');
	assert.match(await focus(), /^notes-/);
	await v.page.keyboard.type('typed');
	await press('Control+Enter');
	await v.hears('.editor [role=status]', 'Saved.');
	/* A call, from anywhere. */
	for (let i = 0; i < 40 && await focus() !== 'number'; i++)
		await press('Shift+Tab');
	await v.page.keyboard.type('+15550001111');
	await v.hears('#dialled', 'Will dial +15550001111');
	await press('Enter');
	await v.page.waitForFunction(() => document.getElementById('number').value === '');
	assert.strictEqual(await focus(), 'number');
	assert.strictEqual((await dialer.api('keys', 'GET', '/history')).json.calls[0].status, 'initiated');
	/* What has the focus is seen to have it. */
	await press('Shift+Tab');
	assert.notStrictEqual(await v.page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
});

test('every-state-fits-and-is-accessible', async () => {
	const v = await Agent.arrive({ viewport: { width: 320, height: 640 } });
	await v.open();
	await v.page.waitForSelector('#sign-in:visible');
	await v.page.click('#sign-in summary');
	await v.expectAccessible('sign-in');
	importCalls(dialer, madeUp('phone', 40, 15 * 24));
	await place('phone', NUMBER, 0, { placedBy: 'tel', clientId: 'x'.repeat(120), dealId: 'y'.repeat(128) });
	await v.as('phone');
	await v.page.click('.numbers summary');
	await v.openDetails(0);
	await v.page.evaluate(() => window.Dialer.toast({ title: 'Call Initiated', text: 'Calling +15551234567 via Dialpad' }));
	for (const width of [320, 768, 1280]) {
		await v.page.setViewportSize({ width, height: 800 });
		await v.expectFits(`${width} px`);
		await v.expectAccessible(`list, ${width} px`);
		await v.picture(`list-${width}`);
	}
	await v.leave();
});

test('paper-has-the-calls-and-no-buttons', async (v) => {
	await v.as('phone');
	await v.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
	assert.ok(await v.page.isVisible('#history'));
	assert.ok(await v.page.isVisible('svg.bars'));
	assert.strictEqual(await v.page.locator('button:visible:not(.toggle)').count(), 0);
	assert.strictEqual(await v.page.locator('input:visible, select:visible').count(), 0);
	assert.strictEqual(await v.page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
	await v.picture('paper');
});

test('motion-stops-where-it-is-not-wanted', async (v) => {
	await v.as('typist');
	const moving = () => v.page.evaluate(() => document.getAnimations().length);
	await v.page.route('**/api/dialer/history?*', async (route) => {
		const answer = await route.fetch();
		const body = await answer.json();
		body.calls.forEach((call) => { call.status = 'ringing'; });
		await route.fulfill({ response: answer, json: body });
	});
	await v.page.route('**/api/dialer/call/*', (route) => route.abort());
	await v.page.click('#refresh');
	await v.page.waitForSelector('.running .badge');
	assert.ok(await moving() > 0);
	await v.page.emulateMedia({ reducedMotion: 'reduce' });
	assert.strictEqual(await moving(), 0);
});

/* --- the chart --- */

test('chart-and-table-count-the-same', async (v) => {
	await place('artist', '+15550000001', 2);
	await place('artist', '+15550000002', 2);
	await place('artist', '+15550000003', 0, { fallback: false });
	await place('artist', '+15550000004', 200);
	const asked = [];
	v.page.on('request', (r) => {
		if (/limit=100/.test(r.url()))
			asked.push(r.url());
	});
	await v.as('artist');
	await v.hears('#chart .hint', '3 calls');
	assert.strictEqual(asked.length, 1);
	assert.strictEqual(await v.page.locator('svg.bars rect.handed').count(), 1);
	assert.strictEqual(await v.page.locator('svg.bars rect.failed').count(), 1);
	assert.deepStrictEqual(await v.page.locator('.legend li').allTextContents(), ['Failed or lost 1', 'Handed off 2']);
	await v.page.click('.numbers summary');
	const rows = await v.page.locator('.numbers tbody tr').allTextContents();
	assert.strictEqual(rows.length, 14);
	assert.match(rows[0], /101$/);
	assert.match(rows[2], /022$/);
	/* It follows the filters. */
	await v.page.selectOption('#f-status', 'failed');
	await v.page.click('text=Apply');
	await v.hears('#chart .hint', '1 call,');
});

begin({
	settings: { AIRCALL_API_KEY: null },
	setUp: async (d) => {
		if (!dialer) {
			dialer = d;
			Agent.with(d);
			dialer.set({ AIRCALL_BASE_URL: dialer.sim.url });
			dialer.elsewhere = dialer.sim.url.replace('127.0.0.1', 'localhost');
		}
		await dialer.begin({ AIRCALL_API_KEY: null, DIALER_DEFAULT_COUNTRY_CODE: null,
			DIALPAD_BASE_URL: dialer.elsewhere });
		return Agent.arrive({ user: 'alice' });
	},
});
