/*
 * All calls that the filters let through, as a file. The token goes in a header, as always, so the
 * answer is collected here (browsers keep large ones on disk) and then handed over as a download.
 */
(function (Dashboard) {
	'use strict';

	var byId = Dashboard.byId;
	var words = Dashboard.words;
	var filters = Dashboard.filters;

	var KEEP_MS = 60000; /* long enough for any browser to begin reading */
	var LONGEST_MS = 3600000;
	var running = null; /* ends it */

	function say(text, tone) {
		Dashboard.say('csv-state', text, tone);
	}

	function ended() {
		running = null;
		byId('csv').textContent = 'Download CSV';
	}

	function handOver(blob) {
		var url = URL.createObjectURL(blob);
		var link = Dashboard.make('a', {href: url, download: 'calls-' + filters.dayText(new Date()) + '.csv'});
		document.body.appendChild(link);
		link.click();
		document.body.removeChild(link);
		setTimeout(function () {
			URL.revokeObjectURL(url);
		}, KEEP_MS);
	}

	/* A refusal is JSON, though a file was asked for. */
	function refused(answer) {
		var file = new FileReader();
		file.onloadend = function () {
			var said = null;
			try {
				said = JSON.parse(file.result).message;
			} catch (e) {
				/* Somebody between us and the server has spoken. */
			}
			say('Not downloaded: ' + (said || answer.message), 'bad');
		};
		file.readAsText(answer.response);
	}

	function answered(answer) {
		ended();
		if (answer.status === 200) {
			handOver(answer.response);
			say('Downloaded ' + words.size(answer.response.size) + '.', 'good');
		} else if (answer.response) {
			refused(answer);
		} else {
			say('The download broke off: ' + answer.message + ' Nothing was saved.', 'bad');
		}
	}

	function start() {
		byId('csv').textContent = 'Stop the download';
		say('Downloading…');
		running = Dashboard.server.ask({
			path: '/history' + filters.query(Dashboard.history.wish(), [['format', 'csv']]),
			type: 'blob',
			timeout: LONGEST_MS,
			progress: function (bytes) {
				say('Downloading… ' + words.size(bytes));
			}
		}, answered);
	}

	function stop() {
		running();
		ended();
		say('The download was stopped.');
	}

	function begin() {
		Dashboard.on('csv', 'click', function () {
			if (running)
				stop();
			else
				start();
		});
	}

	Dashboard.csv = {begin: begin, stop: function () {
		if (running)
			stop();
		say('');
	}};
}(window.Dashboard));
