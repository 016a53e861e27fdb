/* Calling a number that is typed in. What would be dialled is shown before, as the server reads it. */
(function (Dashboard, Dialer) {
	'use strict';

	var byId = Dashboard.byId;

	var PAUSE_MS = 300;
	var timer = null;
	var endCheck = null;

	function say(text, tone) {
		Dashboard.say('dialled', text, tone);
	}

	function typed() {
		return byId('number').value.trim();
	}

	/*
	 * The server alone knows how numbers are read here. Asking the history for calls to this number
	 * that begin now has it read without anything being dialled, and costs it nothing.
	 */
	function check() {
		var number = typed();
		forget();
		if (!number)
			return;
		endCheck = Dashboard.server.ask({path: '/history?limit=1&from=' + new Date().toISOString() +
			'&phoneNumber=' + encodeURIComponent(number)}, function (answer) {
			endCheck = null;
			if (answer.status === 200)
				say('Will dial ' + answer.body.filter.phoneNumber);
			else if (answer.status === 400)
				say(answer.message, 'bad');
		});
	}

	function forget() {
		clearTimeout(timer);
		if (endCheck)
			endCheck();
		endCheck = null;
		say('');
	}

	function later() {
		clearTimeout(timer);
		timer = setTimeout(check, PAUSE_MS);
	}

	/* The drop-in says what came of it. A number that was dialled is not left for another Enter. */
	function called(result) {
		if (result.outcome === 'placed' || result.outcome === 'handed-off') {
			forget();
			byId('call-form').reset();
		}
	}

	function call() {
		Dialer.call(typed(), {clientId: byId('call-client').value.trim() || undefined,
			element: byId('call')}, called);
	}

	function begin() {
		byId('number').addEventListener('input', later);
		Dashboard.on('call-form', 'submit', call);
	}

	function stop() {
		forget();
		byId('call-form').reset();
	}

	Dashboard.caller = {begin: begin, stop: stop};
}(window.Dashboard, window.Dialer));
