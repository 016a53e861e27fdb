#!/usr/bin/env node
/* The drop-in in a real Chromium, in pages of an office that knew nothing of it. */
'use strict';

const { begin } = require('./fixture');
const { Clerk, remember, state } = require('./dropin/office');

require('./dropin/clicks');
require('./dropin/answers');
require('./dropin/lost');
require('./dropin/tokens');
require('./dropin/toasts');
require('./dropin/status');
require('./dropin/cti');
require('./dropin/old');
require('./dropin/matrix');

const AIRCALL = {
	AIRCALL_API_KEY: 'sim-id:sim-token',
	AIRCALL_REQUESTS_PER_MINUTE: 100000,
	DIALPAD_CLIENT_ID: null,
	DIALPAD_CTI_CLIENT_ID: null,
	DIALER_BLOCKED_PREFIXES: null,
	DIALER_CALLS_PER_MINUTE: 0,
	DIALER_CORS_ORIGINS: null,
};

begin({
	setUp: async (dialer) => {
		state.dialer = dialer;
		await dialer.begin({ ...AIRCALL, AIRCALL_BASE_URL: dialer.sim.url, DIALPAD_BASE_URL: dialer.sim.url });
		await dialer.control('POST', '/settings', { busy_users: false });
		await remember();
		return Clerk.arrive();
	},
});
