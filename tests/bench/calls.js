#!/usr/bin/env node
/*
 * Prints COUNT calls of one user as `dialer import` takes them, oldest first: a call every 20 s until
 * the last second of 2025, ended and settled, with all that is kept of a call which Aircall took.
 * The same call is the same in every run.
 *
 *   tests/bench/calls.js COUNT | dialer import
 */
'use strict';

const SPACING_MS = 20000;
const END_MS = Date.UTC(2026, 0, 1);
const FIRST_NUMBER = 2000000000; /* behind +1 */
const FIRST_EXTERNAL = 4294967296;
const PIECE = 2000; /* calls written at a time */

exports.user = 'alice';

const hex = (n, digits) => n.toString(16).padStart(digits, '0');
const time = (ms) => new Date(ms).toISOString();
const startOf = (count, i) => END_MS - (count - i) * SPACING_MS;

/* The i-th of so many, from 0, which is the oldest. */
const id = (count, i) => hex(startOf(count, i) / 1000, 8) + hex(0, 4) + hex(i, 12);
exports.id = id;

const line = (count, i) => {
	const start = startOf(count, i);
	const number = `+1${FIRST_NUMBER + (i % 100000) * 7919}`;
	const answered = i % 4 !== 0;
	const external = String(FIRST_EXTERNAL + i);
	const end = start + 40000;
	return JSON.stringify({
		id: id(count, i),
		userId: exports.user,
		provider: 'aircall',
		direction: 'outbound',
		phoneNumber: number,
		status: answered ? 'completed' : 'no-answer',
		startTime: time(start),
		...(answered && { answerTime: time(start + 10000) }),
		endTime: time(end),
		duration: 40,
		...(answered && { talkTime: 30 }),
		clientId: `client-${i % 5000}`,
		externalCallId: external,
		internal: {
			providerUserId: '1527216', providerNumberId: '967647', askedTime: time(start),
			figuresTime: time(end + 1800000), finalTime: time(end + 20000),
		},
		trail: [
			{ time: time(start), kind: 'request', text: `alice calls ${number}, with an idempotency key` },
			{ time: time(start), kind: 'ask', text: 'aircall, user 1527216, number 967647' },
			{ time: time(start + 200), kind: 'answer', text: 'aircall: 204' },
			{ time: time(end + 20000), kind: 'match', text: `Aircall call ${external}` },
		],
	});
};

/* Without letting the lines pile up where their reader is slow. */
const print = async (count, out) => {
	for (let i = 0; i < count; i += PIECE) {
		const lines = Array.from({ length: Math.min(PIECE, count - i) }, (_, k) => line(count, i + k));
		if (!out.write(`${lines.join('\n')}\n`))
			await new Promise((drained) => out.once('drain', drained));
	}
	await new Promise((written) => out.end(written));
};
exports.print = print;

if (require.main === module)
	print(Number(process.argv[2]), process.stdout);
