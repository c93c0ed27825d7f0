-- Formatting (variadic C), patterns (recursive C), pack, utf8.
local f = string.format
print(f("%d %5d %-5d| %05d %+d %x %X %o %c %i", 42, 42, 42, 42, 42, 255, 255, 8, 65, -7))
print(f("%g %e %.3f %10.2f|%-10.2f| %a %G", 1 / 3, 12345.678, math.pi, math.pi, math.pi, 1.0, 1e-10))
print(f("%s %10s %-10s| %.3s %q %q", "abc", "abc", "abc", "abcdef", 'a "q"\n\0z', 1 / 3))
print(f("%q %q %q", math.mininteger, 0.1, 2^53), f("%%"), f("%5.1s|", "xyz"))
print(pcall(f, "%y", 1), pcall(f, "%d", "x"), pcall(f, "%d", 1.5), pcall(f, "%", 1))
print(f("%.99f", 1 / 3), #f("%099.20f", -1e100), f("%.14g", 0.1), f("%s %s %s", nil, true, {} ~= nil))
for i = -3, 3 do io.write(f("[%3d|%-3d|%g]", i, i, 2.0 ^ (i * 20)), " ") end print()
print(("hello world"):find("o w"), ("hello"):find("l+"), ("key = value"):match("^(%w+)%s*=%s*(%w+)$"))
print(("abc"):gsub("", "-"), ("hello"):gsub("l", {l = "L"}), ("$x $y"):gsub("%$(%w)", function(c) return c:upper() end))
print(("THE (quick) fox"):find("%((%a+)%)"), ("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):gsub("%f[%a]%a+", string.lower))
print(pcall(string.match, ("a"):rep(150), ".-b"), pcall(string.find, "a", ("("):rep(40)))
print(pcall(string.rep, "x", 1 << 40), #("ab"):rep(1000, ","))
print(("%d"):rep(3, " "):format(1, 2, 3), ("x"):byte(1, -1), string.char(72, 105), ("abc"):reverse(), ("abcdef"):sub(-3, -2))
local p = string.pack("<i4 >d z s2 B", -2, math.pi, "zero", "len", 200)
print(#p, string.unpack("<i4 >d z s2 B", p))
print(string.packsize("i1 i2 i4 i8 d"), pcall(string.unpack, "i4", "abc"), pcall(string.pack, "i17", 1))
for _, c in utf8.codes("aé€😀") do io.write(c, " ") end print(utf8.len("aé€😀"), utf8.char(233, 8364), utf8.codepoint("é€", 1, -1))
print(tostring(1e15), tostring(2^63), 1e100, -0.0, 1 / 0, -1 / 0, math.tointeger(3.0), 10 // 3, 10.0 // 3, -7 % 3, 7 // -2.0, 1 << 62, 3 | 4.0)
print(tonumber("0x1p4"), tonumber("  12  "), tonumber("1e1"), tonumber("z", 36), tonumber("8", 8), tonumber("0x"), math.type(1), math.type(1.0), math.type("1"))
print(table.concat({1, 2.5, "x"}, ", "), pcall(table.concat, {1, {}, 3}), select("#", table.unpack({}, 1, 200)), pcall(table.unpack, {}, 1, 1e8))
local words = {}
for w in ("the quick brown fox jumps over the lazy dog the end"):gmatch("%a+") do words[w] = (words[w] or 0) + 1 end
local keys = {} for k in pairs(words) do keys[#keys + 1] = k end table.sort(keys)
for _, k in ipairs(keys) do io.write(k, "=", words[k], " ") end print()
local h = 0
for i = 1, 500 do local s = f("%d:%s:%5.2f:%x", i, i % 7, i / 3, i) for j = 1, #s do h = (h * 33 + s:byte(j)) & 0xffffffff end end
print(h)
