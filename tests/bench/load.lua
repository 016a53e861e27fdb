-- One load for wrk. The argument is a file of Lua that returns the request:
--
--   { method=, paths={…}, tokens={…}, body=, first=, key=, close= }
--
-- Paths and tokens take turns. `{n}` in body and key is a number, a new one in each request, counted
-- from `first`. What came of it is printed as one line of JSON.

local spec, n
local made = {}

function init(arguments)
	spec = dofile(arguments[1])
	n = spec.first
end

local function make()
	local headers = {}
	if #spec.tokens > 0 then
		headers["Authorization"] = spec.tokens[n % #spec.tokens + 1]
	end
	if spec.close then
		headers["Connection"] = "close"
	end
	if spec.body then
		headers["Content-Type"] = "application/json"
	end
	if spec.key then
		headers["Idempotency-Key"] = spec.key:gsub("{n}", n)
	end
	local body = spec.body and spec.body:gsub("{n}", n)
	return wrk.format(spec.method, spec.paths[n % #spec.paths + 1], headers, body)
end

-- What is the same each time is made once: the load should cost next to nothing.
function request()
	n = n + 1
	if spec.body then
		return make()
	end
	local turn = n % (#spec.paths * #spec.tokens + 1)
	made[turn] = made[turn] or make()
	return made[turn]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format(
		'{"requests":%d,"seconds":%.6f,"failed":%d,"refused":%d,"p50":%.6f,"p99":%.6f,"mean":%.6f}\n',
		summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.timeout, e.status,
		latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, latency.mean / 1e6))
end
