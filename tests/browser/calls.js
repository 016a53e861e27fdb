/* A history made up: the same calls each time, as lines that `dialer import` takes in. */
'use strict';

const { execFileSync } = require('child_process');
const path = require('path');
const { build } = require('../node/dialer');

const HOUR = 3600000;

/* How often out of a hundred. */
const OUTCOMES = [['completed', 62], ['no-answer', 17], ['busy', 5], ['canceled', 4], ['failed', 4],
	['handed-off', 6], ['lost', 2]];
const NOTES = ['Wants an offer by Friday', 'Voicemail; try again tomorrow', 'Asked for the invoice of October',
	'Call back after 3 pm', 'Discussed payment options', 'Happy with the new contract'];
const CLIENTS = ['C-1042', 'C-1187', 'C-0931', 'ACME', 'C-1305', 'Nordwind'];

/* Numbers from 0 up to n, the same ones each time. */
const dice = (seed) => {
	let state = seed;
	return (n) => {
		state = (state * 1103515245 + 12345) % 2147483648;
		return Math.floor((state / 2147483648) * n);
	};
};

const id = (startMs, n) =>
	Math.floor(startMs / 1000).toString(16).padStart(8, '0') + n.toString(16).padStart(16, '0');

const outcomeOf = (roll) => {
	let rest = roll;
	return OUTCOMES.find(([, share]) => (rest -= share) < 0)[0];
};

const call = (user, start, n, roll) => {
	const status = outcomeOf(roll(100));
	const c = { id: id(start, n), userId: user, phoneNumber: `+1555${String(2000000 + roll(900)).slice(0, 7)}`,
		provider: roll(4) ? 'dialpad' : 'aircall', status, startTime: new Date(start).toISOString() };
	const rings = (4 + roll(20)) * 1000;
	const talks = (20 + roll(400)) * 1000;
	if (status === 'completed')
		Object.assign(c, { answerTime: new Date(start + rings).toISOString(), talkTime: talks / 1000,
			endTime: new Date(start + rings + talks).toISOString(), duration: (rings + talks) / 1000 });
	else if (['no-answer', 'busy', 'canceled'].includes(status))
		Object.assign(c, { endTime: new Date(start + rings).toISOString(), duration: rings / 1000 });
	else if (status === 'failed')
		c.reason = `${c.provider}_rejected`;
	else if (status === 'handed-off')
		Object.assign(c, { provider: 'tel', reason: 'dialpad_forbidden' });
	if (roll(3))
		c.clientId = CLIENTS[roll(CLIENTS.length)];
	if (!roll(4))
		c.notes = NOTES[roll(NOTES.length)];
	return c;
};

/* `count` calls of the user's, spread over `hours` up to `end`. */
exports.madeUp = (user, count, hours, end = Date.now() - HOUR) => {
	const roll = dice(count + hours);
	const step = (hours * HOUR) / count;
	return Array.from({ length: count }, (_, i) =>
		call(user, Math.floor(end - i * step - roll(step / 2)), count - i, roll));
};

exports.importCalls = (dialer, calls) =>
	execFileSync(path.join(build, 'bin/dialer'), ['--config', dialer.file('dialer.env'), 'import'],
		{ env: dialer.env, input: calls.map((c) => `${JSON.stringify(c)}\n`).join(''), stdio: ['pipe', 'ignore', 'pipe'] });
