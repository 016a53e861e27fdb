/*
 * Somebody at the dashboard, and how calls come into the history.
 *
 *   Agent.arrive({ user })     Apache's sign-in knows the password of `user`
 *   as(user)                   at the page with a token of any user
 */
'use strict';

const assert = require('assert');
const { Visitor } = require('./fixture');

const DAY = 86400000;
const AXE = require.resolve('axe-core');

let dialer;

class Agent extends Visitor {
	static with(d) {
		dialer = d;
	}

	async signIn() {
		await this.open();
		await this.page.click('#get-token');
		await this.page.waitForSelector('#signed-in:visible');
	}

	/* rest: of the address, such as #status=failed. */
	async as(user, rest = '', ...role) {
		await this.open(rest);
		await this.page.waitForSelector('#sign-in:visible');
		const token = role.length ? dialer.newToken(user, ...role) : dialer.token(user);
		await this.page.evaluate((t) => window.Dialer.setToken(t), token);
		await this.page.waitForSelector('#signed-in:visible');
		await this.openFilters();
		await this.shown();
	}

	async openFilters() {
		if (!await this.page.isVisible('#filter-form'))
			await this.page.click('#filters summary');
	}

	/* Until the list is that of the address, and the chart is drawn. */
	async shown() {
		await this.page.waitForSelector('#history[aria-busy="false"]', { state: 'attached' });
		await this.page.waitForFunction(() => document.getElementById('chart').firstChild);
	}

	async leave() {
		await this.page.unrouteAll({ behavior: 'ignoreErrors' });
		await super.leave();
	}

	rows() {
		return this.page.locator('#calls > tr.call');
	}

	/* The texts of a column, from the top. */
	column(name) {
		return this.page.locator(`#calls > tr.call > td.${name}`).allTextContents();
	}

	/* Lets dialer-sync run until the first call of the list has this status. It may ask ten times a
	 * minute only. */
	async becomes(status) {
		for (let i = 0; i < 8; i++) {
			await dialer.sync();
			const shown = await this.page.waitForFunction((s) =>
				document.querySelector('#calls td.status').textContent === s, status, { timeout: 2000 }).catch(() => null);
			if (shown)
				return;
		}
		assert.fail(`the first call is not ${status} but ${(await this.column('status'))[0]}`);
	}

	async openDetails(row) {
		await this.rows().nth(row).locator('.toggle').click();
		await this.detailsAreRead();
	}

	/* The notes can be written (or, of somebody else's call, read). */
	detailsAreRead() {
		return this.page.waitForSelector('.details .facts ~ .editor > :is(textarea:not([readonly]), .notes-text)');
	}

	/* What axe finds fault with now, in light and in dark. */
	async expectAccessible(state) {
		if (!await this.page.evaluate(() => Boolean(window.axe)))
			await this.page.evaluate(require('fs').readFileSync(AXE, 'utf8'));
		for (const colorScheme of ['light', 'dark']) {
			await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			const found = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
			assert.deepStrictEqual(found.violations.map((one) =>
				`${one.id}: ${one.nodes.map((n) => n.target.join(' ')).join(', ')}`), [], `${state}, ${colorScheme}`);
		}
	}

	/* Nothing is wider than the window. */
	async expectFits(state) {
		const { wide, names } = await this.page.evaluate(() => ({
			wide: document.documentElement.scrollWidth - window.innerWidth,
			names: [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1 &&
				!e.closest('.scroll, .hidden, thead')).map((e) => `${e.tagName}.${e.className}`).slice(0, 5),
		}));
		assert.ok(wide <= 0, `${state}: ${wide} px too wide: ${names}`);
	}
}
exports.Agent = Agent;

/* A call of the user's to this number so many days ago: handed to the telephone, unless `more` says
 * something else. */
exports.place = async (user, phoneNumber, days = 0, more = { placedBy: 'tel' }) => {
	dialer.clock(-days * DAY);
	dialer.tokens[user] = dialer.newToken(user, '--ttl', String(days * DAY / 1000 + 86400));
	const answer = await dialer.api(user, 'POST', '/call', { phoneNumber, ...more });
	dialer.clock(0);
	assert.ok(answer.json.call, answer.body);
	return answer.json.call;
};
