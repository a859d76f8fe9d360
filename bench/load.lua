-- For wrk: the requests of a file, in turn; one line of figures at the end.
local asked, turn = {}, 0

function init(args)
  local file = io.open(args[1], "rb")
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    asked[#asked + 1] = file:read(length)
  end
  file:close()
end

function request()
  turn = turn % #asked + 1
  return asked[turn]
end

function done(summary)
  local errors = summary.errors
  local sum = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("measured %d %d %d %d\n", summary.requests, summary.bytes, summary.duration, sum))
end
