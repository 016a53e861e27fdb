/* The beginning of the page: who reads it. The token is the drop-in's, in memory only. */
(function (Dashboard, Dialer) {
	'use strict';

	var byId = Dashboard.byId;
	/* Stays in the address after signing out, so that a reload does not sign in by itself. */
	var SIGNED_OUT = '#signed-out';
	var signedOut = location.hash === SIGNED_OUT; /* no token is taken but one asked for here */
	var reader = null;

	function message(text, tone) {
		Dashboard.say('message', text, tone);
	}

	function showFor(who) {
		byId('user').textContent = who.id || '';
		Dashboard.show('role', who.admin);
		Dashboard.show('sign-in', false);
		Dashboard.show('who', true);
		Dashboard.show('signed-in', true);
	}

	function open(who) {
		if (reader)
			close();
		reader = who;
		message('');
		if (location.hash === SIGNED_OUT)
			history.replaceState(null, '', location.pathname);
		showFor(who);
		Dashboard.connection.load();
		Dashboard.history.start(who);
	}

	function close() {
		reader = null;
		Dashboard.csv.stop();
		Dashboard.caller.stop();
		Dashboard.history.stop();
		Dashboard.connection.stop();
		Dashboard.show('who', false);
		Dashboard.show('signed-in', false);
	}

	function offerSignIn() {
		Dashboard.show('still-known', signedOut);
		Dashboard.show('sign-in', true);
	}

	/* A token has come, or was renewed. */
	function noteToken() {
		var who = signedOut ? null : Dialer.user();
		if (who && (!reader || reader.id !== who.id || reader.admin !== who.admin))
			open(who);
	}

	/* There is no token any more that the server takes. */
	function ended() {
		if (!reader)
			return;
		close();
		Dialer.setToken('');
		offerSignIn();
		message('Your sign-in has ended. Sign in again.', 'bad');
		byId('get-token').focus();
	}

	function signOut() {
		if (Dashboard.notes.unsaved() && !window.confirm('There are notes you have not saved. Sign out all the same?'))
			return;
		signedOut = true;
		close();
		Dialer.setToken('');
		history.replaceState(null, '', location.pathname + SIGNED_OUT);
		offerSignIn();
		message('');
		byId('get-token').focus();
	}

	function refusal(answer) {
		if (answer.status === 403)
			return 'This server does not sign in by name and password. Use a token.';
		if (answer.status === 401)
			return 'Name or password is wrong.';
		return answer.body.message || (answer.status ? 'The server answered ' + answer.status + '.' :
			'The server cannot be reached.');
	}

	function signIn() {
		byId('get-token').disabled = true;
		message('');
		Dialer.signIn(function (answer) {
			byId('get-token').disabled = false;
			if (answer.status === 200) {
				signedOut = false;
				noteToken();
				return;
			}
			message(refusal(answer), 'bad');
			byId('get-token').focus();
		});
	}

	function takeToken() {
		var text = byId('token').value.trim();
		byId('token').value = '';
		if (text.split('.').length !== 3) {
			message('This is not a token.', 'bad');
			byId('token').focus();
			return;
		}
		message('');
		signedOut = false;
		Dialer.setToken(text);
		noteToken();
	}

	/* Whom the browser has signed in already (before a reload, or before Dialpad's consent page) sees
	 * the page at once: the first request has the drop-in look for a token, and asks nobody anything. */
	function begin() {
		document.addEventListener('dialer:token', noteToken);
		Dashboard.on('skip', 'click', function () {
			byId('history-title').focus();
		});
		Dashboard.on('sign-out', 'click', signOut);
		Dashboard.on('get-token', 'click', signIn);
		Dashboard.on('token-form', 'submit', takeToken);
		Dashboard.connection.begin();
		Dashboard.caller.begin();
		Dashboard.chart.begin();
		Dashboard.notes.begin();
		Dashboard.history.begin();
		Dashboard.csv.begin();
		noteToken();
		if (reader)
			return;
		if (signedOut)
			offerSignIn();
		else
			Dialer.request('GET', '/health', {quiet: true}, function (answer) {
				if (!reader)
					offerSignIn();
				if (answer.status !== 200 && answer.status !== 401)
					message(answer.status ? 'The server cannot place or show calls at the moment.' :
						'The server cannot be reached.', 'bad');
			});
	}

	Dashboard.session = {ended: ended};

	if (Dialer)
		begin();
	else
		message('This page could not be loaded completely, or the browser is too old for it.', 'bad');
}(window.Dashboard, window.Dialer));
