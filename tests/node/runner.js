/* Runs tests one after the other, and says `ok NAME` or `FAIL NAME` with the reason. TEST_ONLY narrows
 * it to the names that have this text. */
'use strict';

const tests = [];

exports.test = (name, act) => tests.push({ name, act });

/* Each test gets what setUp returns and has `seconds`; tearDown comes after it in any case. */
exports.run = async ({ setUp, tearDown, seconds }) => {
	const wanted = tests.filter(({ name }) => name.includes(process.env.TEST_ONLY || ''));
	let good = wanted.length > 0;
	for (const { name, act } of wanted) {
		let context, timer, failure;
		const fail = (error) => {
			failure = failure || error;
		};
		try {
			context = await setUp();
			const limit = new Promise((_, reject) => {
				timer = setTimeout(() => reject(new Error(`longer than ${seconds} s`)), seconds * 1000);
			});
			await Promise.race([act(context), limit]);
		} catch (error) {
			fail(error);
		}
		clearTimeout(timer);
		if (context)
			await tearDown(context).catch(fail);
		good = good && !failure;
		console.log(`${failure ? 'FAIL' : 'ok'} ${name}`);
		if (failure)
			console.log(`    ${String(failure.stack).split('\n').join('\n    ')}`);
	}
	return good;
};
