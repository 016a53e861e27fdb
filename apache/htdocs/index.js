/*
 * The page: sign in, connect Dialpad, call a number, see the last calls. ES5, no other files; what
 * comes from elsewhere gets into the page as text only.
 */
(function () {
	'use strict';

	var API = '/api/dialer';
	var KEEP = 'dialer-token';
	var CALLS = 20;

	var token = null;
	var unanswered = null; /* the call whose answer never came: {number, key} */

	function byId(id) {
		return document.getElementById(id);
	}

	function show(id, visible) {
		byId(id).hidden = !visible;
	}

	/* Puts words into a live region; `bad` frames them as a failure. */
	function say(id, text, bad) {
		byId(id).className = bad ? 'bad' : '';
		byId(id).textContent = text;
	}

	/* --- the server --- */

	/* done(status, answer): status 0 where none came; answer is an object always. */
	function ask(method, path, body, headers, done) {
		var request = new XMLHttpRequest();
		var name;
		request.open(method, API + path);
		for (name in headers)
			request.setRequestHeader(name, headers[name]);
		if (body)
			request.setRequestHeader('Content-Type', 'application/json');
		request.onloadend = function () {
			var answer = null;
			try {
				answer = JSON.parse(request.responseText);
			} catch (e) {
				/* Somebody between us and the server has spoken. */
			}
			done(request.status, answer || {});
		};
		request.send(body ? JSON.stringify(body) : null);
	}

	/* The same as the user who is signed in. */
	function askAs(method, path, body, headers, done) {
		headers.Authorization = 'Bearer ' + token;
		ask(method, path, body, headers, function (status, answer) {
			if (status === 401) {
				signOut();
				say('message', 'Your sign-in has ended. Sign in again.', true);
			} else {
				done(status, answer);
			}
		});
	}

	function reason(status, answer) {
		return answer.message || (status ? 'The server answered ' + status + '.' :
			'The server cannot be reached.');
	}

	/* --- signing in --- */

	/* The name in a token, for display. */
	function nameIn(text) {
		var part = text.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
		try {
			return JSON.parse(decodeURIComponent(escape(atob(part)))).sub;
		} catch (e) {
			return '';
		}
	}

	/* Browsers may refuse to keep things. */
	function keep(text) {
		try {
			if (text)
				sessionStorage.setItem(KEEP, text);
			else
				sessionStorage.removeItem(KEEP);
		} catch (e) {
			return;
		}
	}

	function kept() {
		try {
			return sessionStorage.getItem(KEEP);
		} catch (e) {
			return null;
		}
	}

	function useToken(text) {
		if (text.split('.').length !== 3) {
			say('message', 'This is not a token.', true);
			return;
		}
		token = text;
		keep(text);
		byId('user').textContent = nameIn(text);
		say('message', '');
		show('sign-in', false);
		show('who', true);
		show('signed-in', true);
		loadDialpad();
		loadCalls();
	}

	function signOut() {
		token = null;
		keep(null);
		show('who', false);
		show('signed-in', false);
		show('sign-in', true);
		byId('calls').textContent = '';
		say('notice', '');
	}

	function getToken() {
		ask('POST', '/token', null, {}, function (status, answer) {
			if (status === 200)
				useToken(answer.token);
			else if (status === 403)
				say('message', 'This server does not sign in by name and password. ' +
					'Use a token.', true);
			else if (status === 401)
				say('message', 'Name or password is wrong.', true);
			else
				say('message', reason(status, answer), true);
		});
	}

	/* --- Dialpad --- */

	var WORDS = {
		access_denied: 'Connecting was cancelled at Dialpad. Nothing has changed.',
		invalid_state: 'Connecting took longer than ten minutes or was begun elsewhere. ' +
			'Begin again.',
		missing_scope: 'Dialpad did not grant a permission that is needed.',
		exchange_failed: 'Dialpad did not accept the connection. Ask your administrator.',
		unreachable: 'Dialpad could not be reached. Try again later.',
		storage: 'The connection could not be stored. Try again later.'
	};

	function parameter(name) {
		var pairs = location.search.slice(1).split('&');
		var i, at;
		for (i = 0; i < pairs.length; i++) {
			at = pairs[i].indexOf('=');
			if (pairs[i].slice(0, at) === name) {
				try {
					return decodeURIComponent(pairs[i].slice(at + 1).replace(/\+/g, ' '));
				} catch (e) {
					return '';
				}
			}
		}
		return null;
	}

	/* What Dialpad's consent page came to, once: a reload does not say it again. */
	function showReturn() {
		var result = parameter('dialpad');
		var word = parameter('reason');
		var scope = parameter('scope');
		var text;
		if (result === null)
			return;
		if (result === 'connected') {
			say('dialpad-result', 'Dialpad is connected.');
		} else {
			text = Object.prototype.hasOwnProperty.call(WORDS, word) ? WORDS[word] :
				'Dialpad was not connected.';
			say('dialpad-result', scope ? text + ' (' + scope + ')' : text, true);
		}
		history.replaceState(null, '', location.pathname);
	}

	function stateWords(state) {
		if (state.connected)
			return 'Connected' + (state.scopes.length ? ' with ' + state.scopes.join(', ') : '') + '.';
		if (state.needsReconnect)
			return 'Dialpad no longer accepts the connection. Connect again.';
		return 'Not connected.';
	}

	function loadDialpad() {
		askAs('GET', '/dialpad/status', null, {}, function (status, state) {
			var known = status === 200;
			byId('dialpad-state').textContent = known ? stateWords(state) : reason(status, state);
			show('connect', known && !state.connected);
			show('disconnect', known && state.connected);
		});
	}

	function connect() {
		byId('connect').disabled = true;
		askAs('POST', '/dialpad/connect', {returnTo: location.pathname}, {},
			function (status, answer) {
				if (status === 200) {
					location.href = answer.authorizeUrl;
					return;
				}
				byId('connect').disabled = false;
				say('dialpad-result', reason(status, answer), true);
			});
	}

	function disconnect() {
		askAs('DELETE', '/dialpad', null, {}, function (status, answer) {
			say('dialpad-result', reason(status, answer), status !== 200);
			loadDialpad();
		});
	}

	/* --- calling --- */

	function randomKey() {
		var bytes = new Uint8Array(16);
		var key = '';
		var i;
		crypto.getRandomValues(bytes);
		for (i = 0; i < bytes.length; i++)
			key += (bytes[i] + 256).toString(16).slice(1);
		return key;
	}

	function offer(uri) {
		var link = document.createElement('a');
		/* Only ever a telephone number, whatever the answer says. */
		if (!/^tel:\+[0-9]+$/.test(uri))
			return;
		link.href = uri;
		link.textContent = 'Open phone';
		byId('notice').appendChild(document.createTextNode(' '));
		byId('notice').appendChild(link);
	}

	function showOutcome(status, answer) {
		if (answer.notice)
			say('notice', answer.notice.title + ': ' + answer.notice.text);
		else
			say('notice', reason(status, answer), status !== 200);
		if (answer.fallback)
			offer(answer.fallback.uri);
	}

	function call(number) {
		/* The same click again after a lost answer is the same call, not a second one. */
		var attempt = unanswered && unanswered.number === number ? unanswered :
			{number: number, key: randomKey()};
		byId('call').disabled = true;
		say('notice', 'Calling ' + number + '…');
		askAs('POST', '/call', {phoneNumber: number}, {'Idempotency-Key': attempt.key},
			function (status, answer) {
				byId('call').disabled = false;
				unanswered = status === 0 ? attempt : null;
				showOutcome(status, answer);
				loadCalls();
				/* Dialpad may have refused the connection. */
				loadDialpad();
			});
	}

	/* --- history --- */

	function duration(seconds) {
		if (seconds === undefined)
			return '';
		return Math.floor(seconds / 60) + ':' + ('0' + seconds % 60).slice(-2);
	}

	function addCell(row, text) {
		row.insertCell(-1).textContent = text;
	}

	function addCall(c) {
		var row = byId('calls').insertRow(-1);
		addCell(row, new Date(c.startTime).toLocaleString());
		addCell(row, c.phoneNumber);
		addCell(row, c.provider || '');
		addCell(row, c.status + (c.reason ? ' (' + c.reason + ')' : ''));
		addCell(row, duration(c.duration));
	}

	function loadCalls() {
		askAs('GET', '/history?limit=' + CALLS, null, {}, function (status, answer) {
			if (status !== 200) {
				say('message', reason(status, answer), true);
				return;
			}
			byId('calls').textContent = '';
			answer.calls.forEach(addCall);
			show('no-calls', answer.calls.length === 0);
		});
	}

	/* --- the beginning --- */

	function on(id, event, act) {
		byId(id).addEventListener(event, function (e) {
			e.preventDefault();
			act();
		});
	}

	on('get-token', 'click', getToken);
	on('token-form', 'submit', function () {
		var text = byId('token').value.trim();
		byId('token').value = '';
		useToken(text);
	});
	on('sign-out', 'click', signOut);
	on('connect', 'click', connect);
	on('disconnect', 'click', disconnect);
	on('refresh', 'click', loadCalls);
	on('call-form', 'submit', function () {
		call(byId('number').value.trim());
	});

	showReturn();
	if (kept())
		useToken(kept());
	else
		show('sign-in', true);
}());
