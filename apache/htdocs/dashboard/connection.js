/* The reader's Dialpad connection: its state, connecting, and what came of it. */
(function (Dashboard) {
	'use strict';

	var byId = Dashboard.byId;
	var words = Dashboard.words;

	var RESULTS = {
		access_denied: 'Connecting was cancelled at Dialpad. Nothing has changed.',
		invalid_state: 'Connecting took longer than ten minutes or was begun elsewhere. Begin again.',
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

	function result(text, tone) {
		Dashboard.say('dialpad-result', text, tone);
	}

	/* What Dialpad's consent page came to, once: a reload does not say it again. */
	function showReturn() {
		var outcome = parameter('dialpad');
		var word = parameter('reason');
		var scope = parameter('scope');
		var text;
		if (outcome === null)
			return;
		if (outcome === 'connected') {
			result('Dialpad is connected.', 'good');
		} else {
			text = Object.prototype.hasOwnProperty.call(RESULTS, word) ? RESULTS[word] :
				'Dialpad was not connected.';
			result(scope ? text + ' (' + scope + ')' : text, 'bad');
		}
		history.replaceState(null, '', location.pathname + location.hash);
	}

	function badge(text, tone) {
		byId('dialpad-badge').textContent = text;
		byId('dialpad-badge').className = 'badge ' + tone;
	}

	function showScopes(scopes) {
		var list = Dashboard.empty(byId('scopes'));
		scopes.forEach(function (scope) {
			list.appendChild(Dashboard.make('li', {}, [scope]));
		});
		Dashboard.show('dialpad-scopes', scopes.length > 0);
	}

	function showState(state) {
		if (state.connected) {
			badge('Connected', 'good');
			byId('dialpad-state').textContent = 'Your calls go out with your own Dialpad account.';
		} else if (state.needsReconnect) {
			badge('Connect again', 'bad');
			byId('dialpad-state').textContent = 'Dialpad no longer accepts the connection. ' +
				'Until you connect again, calls go another way.';
		} else {
			badge('Not connected', 'quiet');
			byId('dialpad-state').textContent = 'Connect your Dialpad account to call with it.';
		}
		byId('dialpad-expiry').textContent = state.connected && state.expiresAt ?
			'Renewed by itself, at the latest ' + words.shortTime(state.expiresAt) : '';
		showScopes(state.connected ? state.scopes : []);
		byId('connect').textContent = state.needsReconnect ? 'Connect again' : 'Connect Dialpad';
		Dashboard.show('connect', !state.connected);
		Dashboard.show('disconnect', state.connected || state.needsReconnect);
	}

	function load() {
		Dashboard.server.ask({path: '/dialpad/status'}, function (answer) {
			if (answer.status === 200) {
				showState(answer.body);
				return;
			}
			badge('Unknown', 'warn');
			byId('dialpad-state').textContent = answer.message;
			showScopes([]);
			Dashboard.show('connect', false);
			Dashboard.show('disconnect', false);
		});
	}

	function connect() {
		byId('connect').disabled = true;
		Dashboard.server.ask({method: 'POST', path: '/dialpad/connect', body: {returnTo: location.pathname}},
			function (answer) {
				byId('connect').disabled = false;
				if (answer.status === 200)
					location.href = answer.body.authorizeUrl;
				else {
					result(answer.message, 'bad');
					byId('connect').focus();
				}
			});
	}

	function disconnect() {
		byId('disconnect').disabled = true;
		Dashboard.server.ask({method: 'DELETE', path: '/dialpad'}, function (answer) {
			byId('disconnect').disabled = false;
			result(answer.message + (/[.!]$/.test(answer.message) ? '' : '.'),
				answer.status === 200 ? 'good' : 'bad');
			load();
			/* The button that was pressed is gone. */
			byId('dialpad-title').focus();
		});
	}

	function stop() {
		result('');
		badge('Looking…', 'quiet');
	}

	function begin() {
		Dashboard.on('connect', 'click', connect);
		Dashboard.on('disconnect', 'click', disconnect);
		showReturn();
	}

	Dashboard.connection = {begin: begin, load: load, stop: stop};
}(window.Dashboard));
