/* Stands between a client and a server, and keeps every request as it was sent. */
'use strict';

const http = require('http');

class Recorder {
	/* to: the server's address. */
	static start(to) {
		const r = new Recorder();
		r.requests = [];
		r.server = http.createServer((incoming, outgoing) => r.pass(to, incoming, outgoing));
		return new Promise((resolve) => {
			r.server.listen(0, '127.0.0.1', () => {
				r.url = `http://127.0.0.1:${r.server.address().port}`;
				resolve(r);
			});
		});
	}

	pass(to, incoming, outgoing) {
		const { method, url, headers } = incoming;
		const request = { method, url, headers, body: '' };
		const onward = http.request(to + url, { method, headers }, (answer) => {
			outgoing.writeHead(answer.statusCode, answer.headers);
			answer.pipe(outgoing);
		});
		this.requests.push(request);
		onward.on('error', () => outgoing.destroy());
		incoming.setEncoding('utf8');
		incoming.on('data', (piece) => { request.body += piece; });
		incoming.on('end', () => onward.end(request.body));
	}

	stop() {
		this.server.close();
		/* Since Node 18.2; kept-alive connections would hold the process. */
		this.server.closeAllConnections();
	}
}
exports.Recorder = Recorder;
