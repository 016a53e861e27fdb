/* What is said on the screen, and to those who do not see it. */
'use strict';

const assert = require('assert');
const { test } = require('../../node/runner');
const { LINK } = require('./office');

/* One of each kind, two of them with a link. */
const sayAll = async (v) => {
	await v.page.waitForFunction(() => document.styleSheets.length > 0);
	await v.page.evaluate(() => {
		for (const kind of ['info', 'good', 'warning', 'bad'])
			window.Dialer.toast({ kind, title: `Title ${kind}`, text: 'Calling +15551234567 via Dialpad',
				link: kind === 'info' || kind === 'bad' ? 'tel:+15551234567' : null });
	});
};

const focused = (v) => v.page.evaluate(() => document.activeElement.id || document.activeElement.className);

for (const [name, media] of Object.entries({
	light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' }, contrast: { forcedColors: 'active' },
}))
	test(`toasts-are-accessible-${name}`, async (v) => {
		v.changed = true;
		await v.page.emulateMedia(media);
		await v.page.setViewportSize({ width: 320, height: 640 });
		await v.show(LINK);
		await sayAll(v);
		await v.page.click('.dialer-toast.dialer-good .dialer-close');
		await v.page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
		assert.deepStrictEqual(await v.findings(), []);
		await v.picture(`toasts-${name}`);
		/* The list of past ones, with nothing before it. */
		for (let i = 0; i < 3; i++)
			await v.page.keyboard.press('Escape');
		await v.page.click('.dialer-log-button');
		assert.deepStrictEqual(await v.findings(), []);
		await v.picture(`toasts-past-${name}`);
		const wide = await v.page.evaluate(() => document.documentElement.scrollWidth);
		assert.ok(wide <= 320, `${wide} px wide`);
	});

test('good-news-is-polite-and-bad-is-not', async (v) => {
	await v.show(LINK);
	await sayAll(v);
	assert.deepStrictEqual(await v.page.locator('[role=status] .dialer-toast .dialer-title').allTextContents(),
		['Title info', 'Title good']);
	assert.deepStrictEqual(await v.page.locator('[role=alert] .dialer-toast .dialer-title').allTextContents(),
		['Title warning', 'Title bad']);
	/* The regions are there before anything is in them. */
	await v.page.reload();
	await v.page.waitForSelector('[role=alert]', { state: 'attached' });
	assert.deepStrictEqual(await v.toasts(), []);
});

test('kinds-differ-without-colour', async (v) => {
	await v.show(LINK);
	await sayAll(v);
	const icons = await v.page.$$eval('.dialer-icon', (all) => all.map((icon) =>
		getComputedStyle(icon, '::before').content));
	assert.strictEqual(new Set(icons).size, 4);
});

test('toasts-are-closed-by-keyboard-and-take-no-focus', async (v) => {
	await v.show(`${LINK} <input id="field">`);
	await v.page.focus('#field');
	await sayAll(v);
	assert.strictEqual(await focused(v), 'field');
	await v.page.keyboard.press('Escape');
	assert.deepStrictEqual((await v.toasts()).length, 3);
	assert.strictEqual(await focused(v), 'field');
	/* By its own button: the focus goes back to where the call was begun. */
	await v.page.focus('.dialer-warning .dialer-close');
	await v.page.keyboard.press('Enter');
	assert.strictEqual(await v.page.locator('.dialer-toast.dialer-warning').count(), 0);
	assert.strictEqual(await focused(v), 'field');
});

test('escape-of-the-page-is-left-to-it', async (v) => {
	await v.show('<input id="field">');
	await v.page.evaluate(() => document.getElementById('field').addEventListener('keydown', (e) =>
		e.preventDefault()));
	await sayAll(v);
	await v.page.focus('#field');
	await v.page.keyboard.press('Escape');
	assert.strictEqual((await v.toasts()).length, 4);
});

test('good-toasts-go-and-others-stay', async (v) => {
	await v.clock();
	await v.show(LINK);
	await sayAll(v);
	await v.page.hover('.dialer-toast.dialer-good');
	await v.page.clock.fastForward(20000);
	assert.strictEqual((await v.toasts()).length, 4);
	await v.page.mouse.move(0, 0);
	await v.page.clock.fastForward(20000);
	assert.strictEqual((await v.toasts()).length, 3);
});

test('past-toasts-can-be-read-again', async (v) => {
	await v.show(LINK);
	assert.strictEqual(await v.page.isVisible('.dialer-log-button'), false);
	await sayAll(v);
	for (let i = 0; i < 4; i++)
		await v.page.keyboard.press('Escape');
	assert.deepStrictEqual(await v.toasts(), []);
	await v.page.focus('.dialer-log-button');
	await v.page.keyboard.press('Enter');
	assert.strictEqual(await v.page.getAttribute('.dialer-log-button', 'aria-expanded'), 'true');
	assert.deepStrictEqual(await v.page.locator('.dialer-log .dialer-title').allTextContents(),
		['Title bad', 'Title warning', 'Title good', 'Title info']);
	await v.page.keyboard.press('Escape');
	assert.strictEqual(await v.page.isVisible('.dialer-log'), false);
	assert.strictEqual(await focused(v), 'dialer-log-button');
	assert.deepStrictEqual(await v.page.evaluate(() => window.Dialer.messages().map((m) => m.kind)),
		['bad', 'warning', 'good', 'info']);
});

test('nothing-moves-where-that-is-not-wanted', async (v) => {
	const animation = () => v.page.$eval('.dialer-toast', (t) => getComputedStyle(t).animationName);
	await v.show(LINK);
	await sayAll(v);
	assert.strictEqual(await animation(), 'dialer-in');
	v.changed = true;
	await v.page.emulateMedia({ reducedMotion: 'reduce' });
	assert.strictEqual(await animation(), 'none');
});

test('words-stay-words', async (v) => {
	await v.answer(403, { message: '<img src=x onerror=alert(1)>', error: { code: 'number_not_allowed' } });
	await v.show(LINK);
	await v.page.click('#link');
	await v.toast('<img src=x onerror=alert(1)>');
	await v.page.evaluate(() => window.Dialer.toast({ title: '<b>', text: '<i>', link: 'javascript:alert(1)' }));
	assert.strictEqual(await v.page.locator('.dialer-ui img, .dialer-ui b, .dialer-ui i, .dialer-ui a').count(), 0);
});
