/*
 * With and without script, server and provider: a call can be begun in every case, and is in the
 * history wherever a script can tell the server of it.
 */
'use strict';

const assert = require('assert');
const { test } = require('../../node/runner');
const { Clerk, LINK, dialled, rows, state, until } = require('./office');

const NOBODY = 'http://127.0.0.1:9';

const provider = (up) =>
	state.dialer.set({ AIRCALL_BASE_URL: up ? state.dialer.sim.url : NOBODY });

const arrive = async (script) => {
	const v = await Clerk.arrive({ javaScriptEnabled: script });
	if (script) {
		await v.show(LINK);
	} else {
		await v.serve('/office/', LINK);
		await v.open('/office/');
	}
	return v;
};

const click = async (v) => {
	await v.page.click('#link');
	await until('the call', async () => v.opened.length > 0 || (await dialled()).length > 0);
	await v.quiet();
};

for (const up of [true, false])
	for (const script of [true, false])
		test(`script-${script ? 'on' : 'off'}-server-up-provider-${up ? 'up' : 'down'}`, async () => {
			provider(up);
			const v = await arrive(script);
			await click(v);
			const calls = await dialled();
			const found = await rows();
			assert.strictEqual(calls.length, script && up ? 1 : 0);
			assert.strictEqual(v.opened.length, script && up ? 0 : 1);
			/* Without a script nobody tells the server. */
			assert.deepStrictEqual(found.map((c) => c.provider), script ? [up ? 'aircall' : 'tel'] : []);
			await v.leave();
		});

test('server-down', async () => {
	const clerks = [];
	for (const script of [true, true, false, false])
		clerks.push(await arrive(script));
	await state.dialer.down();
	try {
		for (const [i, v] of clerks.entries()) {
			provider(i % 2 === 0);
			await click(v);
			assert.strictEqual(v.opened.length, 1);
			assert.deepStrictEqual(v.posts, []);
		}
	} finally {
		provider(true);
		await state.dialer.up();
	}
	/* Those with a script tell it when it is back. */
	await until('logged', async () => (await rows()).length === 2);
	assert.deepStrictEqual((await rows()).map((c) => [c.provider, c.status]),
		[['tel', 'handed-off'], ['tel', 'handed-off']]);
	assert.strictEqual((await dialled()).length, 0);
	for (const v of clerks)
		await v.leave();
});
