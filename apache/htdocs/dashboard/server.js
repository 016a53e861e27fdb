/*
 * Requests to the server as the user who is signed in. The drop-in sends them and renews tokens; none
 * of these opens a dialogue of the browser's.
 */
(function (Dashboard, Dialer) {
	'use strict';

	function words(answer) {
		if (answer.body.message)
			return answer.body.message;
		return answer.status ? 'The server answered ' + answer.status + '.' : 'The server cannot be reached.';
	}

	/*
	 * Asks; done gets the answer: {status (0: none came), body (an object always), response, message (for
	 * people), header(name)}. wanted: method (GET), path below the interface, and what Dialer.request
	 * takes. Returns a function that ends it; after that done is not called.
	 */
	function ask(wanted, done) {
		var ended = false;
		var end;
		wanted.quiet = true;
		end = Dialer.request(wanted.method || 'GET', wanted.path, wanted, function (answer) {
			if (ended)
				return;
			answer.message = words(answer);
			done(answer);
			if (answer.status === 401)
				Dashboard.session.ended();
		});
		return function () {
			ended = true;
			end();
		};
	}

	Dashboard.server = {ask: ask};
}(window.Dashboard, window.Dialer));
