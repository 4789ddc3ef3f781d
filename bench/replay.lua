-- wrk -s replay.lua URL -- FILE: sends the requests of FILE in turn, a line of JSON each: method, path, headers, body.
-- Only what load.py writes is read: flat string values.
local requests, at = {}, 0

local function unescape(text)
  return (text:gsub("\\(.)", { ['"'] = '"', ["\\"] = "\\", n = "\n", ["/"] = "/" }))
end

local function strings(text)
  local found = {}
  for key, value in text:gmatch('"([^"]+)": "(.-[^\\])"[,}]') do found[key] = unescape(value) end
  return found
end

function init(args)
  for line in io.lines(args[1]) do
    local method, path, head, rest =
      line:match('^{"method": "(%u+)", "path": "([^"]+)", "headers": ({.-}), "body": "(.*)"}$')
    requests[#requests + 1] = wrk.format(method, path, strings(head), unescape(rest))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT requests=%d seconds=%.3f p50_ms=%.3f p99_ms=%.3f failed=%d\n", summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
