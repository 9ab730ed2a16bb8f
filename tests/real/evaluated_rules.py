"""Rules that call every function of CEL and Kubernetes, about objects of `evaluated_values.SPEC`."""

from __future__ import annotations

from typing import Final

RULES: Final = """
    self.n + self.m > 0
    self.n - self.m > 0
    self.n * self.m > 0
    self.n / self.m > 0
    self.n % self.m == 0
    -self.n > 0
    self.x + self.y > 0.0
    self.x * self.y > self.x - self.y
    self.x / self.y < 2.0
    -self.x == self.y
    self.x == double(self.n)
    dyn(self.x) == self.n
    self.x > self.n || self.x <= 1u
    dyn(self.n) in [1.0, 2.0]
    uint(self.n) + 1u > 3u
    uint(self.n) - 1u >= 0u
    uint(self.x) * 2u == 2u
    int(self.t) == 1
    int(self.x) > 1
    int(self.e) == 5
    double(self.t) > 1.0
    double(self.n) / 2.0 == 0.5
    bool(self.t)
    string(self.x) == '1.5'
    string(self.n) == self.t
    string(self.b) == 'true'
    string(self.blob) == 'abc'
    bytes(self.t) == b'abc'
    size(bytes(self.t)) == size(self.t)
    self.blob.size() > 3
    self.blob == b'hi' || self.blob < b'zz'
    type(self.e) == int
    type(self.e) == string
    type(self.at) == google.protobuf.Timestamp
    type(self.every) == google.protobuf.Duration
    type(self.l) == list && type(self.labels) == map && type(self.deep) == map
    type(dyn(self.gone)) == null_type
    self.t == self.u
    self.t < self.u
    self.t + self.u == 'aa'
    self.b || self.n / 0 > 1
    self.n / 0 > 1 || self.b
    self.b && self.n / 0 > 1
    self.n / 0 > 1 && self.b
    (self.b ? self.n : self.m) > 0
    (self.n / self.m > 0 ? true : self.b)
    !self.b
    has(self.t) && has(self.gone)
    has(self.gone) || self.n > 0
    self.?gone.hasValue()
    self.?gone.orValue('none') == 'none'
    self.kept == 'abc'
    has(self.deep.a.c)
    has(self.deep.a) && self.deep.a.?c.orValue('') == 'abc'
    self.?deep.a.c.orValue('q') != 'q'
    self.?deep.?a.?d.optMap(v, v + 1).orValue(0) > 1
    self.?deep.a.d.optFlatMap(v, optional.of(v * 2)).or(optional.of(3)).value() > 3
    optional.ofNonZeroValue(self.t).hasValue()
    optional.ofNonZeroValue(self.n).orValue(7) == 7
    optional.none().orValue(self.n / 0) > 0 || true
    optional.of(self.t).orValue(string(self.n / 0)) == self.t
    self.l[?1].orValue('x') == 'x'
    self.l[1] == 'a'
    self.l[self.n] == 'a'
    self.labels[?'a'].hasValue()
    self.labels['a'] == 'a'
    self.labels.a == 'a'
    'a' in self.labels
    self.t in self.labels
    self.t in self.l
    self.n in self.k
    self.n in self.digits
    self.e in [dyn(5), dyn("a")]
    self.e == 5 || self.e == 'a'
    self.e < 5
    self.e.contains('a')
    self.e + 1 == 6
    self.z.exists(v, dyn(v) == null)
    null in dyn(self.z)
    self.z.all(v, v != 'a')
    self.z.filter(v, dyn(v) != null).size() == 1
    self.l.all(v, v != '')
    self.l.exists(v, v == self.t)
    self.l.exists_one(v, v == self.t)
    self.l.filter(v, v != '').size() == 2
    self.l.map(v, v + 'x') == ['ax', 'bx']
    self.l.map(v, v != 'a', v).size() < 2
    self.k.all(v, 10 / v > 1)
    self.k.exists(v, 10 / v > 1)
    self.k.exists_one(v, 10 / v > 1)
    self.k.filter(v, 10 / v > 1).size() > 0
    self.labels.all(key, self.labels[key] != '')
    self.labels.exists(key, key == 'a')
    self.labels.filter(key, key.size() > 1).size() == 1
    self.labels.all(key, value, key != value)
    self.labels.existsOne(key, value, key == value)
    self.labels.transformMap(key, value, value + '!').all(key, value, value.endsWith('!'))
    self.labels.transformMap(key, value, key != 'a', value).size() == 1
    self.labels.transformList(key, value, key + value).sort() == ['aa']
    self.labels.transformMapEntry(key, value, {value: key}).size() == self.labels.size()
    self.l.all(i, v, i < 2 || v != 'a')
    self.l.exists(i, v, i == 1 && v == 'a')
    self.l.transformList(i, v, i > 0, string(i) + v) == ['1a']
    self.l.transformMap(i, v, v)[0] == 'a'
    self.l.transformMapEntry(i, v, {v: i}).size() > 0
    self.l + self.l == ['a', 'a']
    self.l + ['a'] == self.l
    (self.l + ['q'])[self.l.size()] == 'q'
    self.set + ['a'] == self.set
    self.set + self.l == self.set
    self.set == self.l
    self.l == self.set
    self.set == ['a', 'b']
    (self.set + ['a', 'b']).size() == 2
    (self.digits + [1, 2]).sum() == 3
    self.digits == self.k
    dyn(self.parts) == dyn(self.rest)
    dyn(self.loose) == dyn(self.parts)
    self.parts + dyn(self.loose) == dyn(self.parts)
    (dyn(self.parts) + dyn(self.rest)).map(p, p.name) == ['a', 'b']
    self.parts.all(p, p.?size.orValue(1) > 0)
    self.parts.exists(p, p.at > timestamp('2026-01-01T00:00:00Z'))
    dyn(self.parts[0]) == dyn(self.loose[0])
    dyn(self.loose[0]) in dyn(self.parts)
    self.parts.filter(p, has(p.size)).sortBy(p, p.size).map(p, p.name) == ['a', 'b']
    self.loose.sortBy(p, p.name)[0].name == 'a'
    self.spans.all(d, d > duration('1m'))
    self.spans.sum() > duration('2h')
    self.spans.max() > self.spans.min()
    self.spans.isSorted()
    self.spans.sort()[0] == duration('1h')
    self.spans == [duration('1h')]
    self.spans + [duration('1h')] == self.spans
    (self.spans + [duration('1h')])[self.spans.size()] == duration('1h')
    (self.spans + self.spans).size() == 2
    self.times.all(d, d.getFullYear() == 2026)
    self.times.max() - self.times.min() < duration('24h')
    self.times[0] in self.times
    self.day < self.at
    self.day + duration('36h') > self.at
    self.at - self.day > duration('1h')
    self.at + self.every > self.at
    self.every + self.every < duration('48h')
    self.every - duration('1h') >= duration('0s')
    self.every > duration('1h')
    string(self.every) == '3600s'
    string(self.at) == '2026-01-31T09:30:00Z'
    string(self.day) == '2026-01-31T00:00:00Z'
    int(self.at) > 1700000000
    int(self.every) > 3600000000000
    timestamp(self.n) < self.at
    timestamp(self.t) < self.at
    duration(self.t) > self.every
    duration(self.t) == duration(self.u)
    self.at.getFullYear() == 2026 && self.at.getMonth() == 0
    self.at.getDayOfYear() == 30 && self.at.getDayOfMonth() == 30 && self.at.getDate() == 31
    self.at.getDayOfWeek() == 6
    self.at.getHours() == 9 && self.at.getMinutes() == 30 && self.at.getSeconds() == 0
    self.at.getMilliseconds() == 500
    self.at.getHours('+05:30') == 15
    self.at.getHours('-03:00') < 7
    self.at.getHours('America/New_York') == 4
    self.at.getHours(self.b ? 'UTC' : '+01:00') == 9
    self.n == 3 || self.z.slice(0, 2).distinct().size() > 1 || self.b
    self.at.getDate('Asia/Tokyo') == 31
    self.every.getHours() == 1 && self.every.getMinutes() == 60
    self.every.getSeconds() == 3600 || self.every.getMilliseconds() > 500
    self.t.matches('^[a-z]+$')
    self.t.matches(self.u)
    matches(self.t, r'^\\d+$')
    self.t.startsWith('a') || self.t.endsWith('c')
    self.t.contains(self.u)
    self.t.charAt(1) == 'b'
    self.t.charAt(self.n) == 'a'
    self.t.indexOf(self.u) == 1
    self.t.indexOf('', self.n) == self.n
    self.t.indexOf('a', self.n) >= 0
    self.t.lastIndexOf(self.u) == 1
    self.t.lastIndexOf('a', self.n) >= 0
    self.t.lastIndexOf('') == size(self.t)
    self.t.substring(1) == 'bc'
    self.t.substring(self.n) == ''
    self.t.substring(0, self.n) == 'a'
    self.t.substring(self.n, self.m) == 'a'
    self.t.replace('a', 'b') == 'b'
    self.t.replace('', '-') == '-a-'
    self.t.replace('a', 'b', self.n) == self.t
    self.t.split('').size() == size(self.t)
    self.t.split(',').size() == 3
    self.t.split(',', self.n).size() == 2
    self.t.split('', self.n).size() == 2
    self.t.lowerAscii() == self.t.upperAscii()
    self.t.trim() == self.t
    strings.quote(self.t) == '"' + self.t + '"'
    self.l.join(self.t) == 'aa'
    size(self.t) > 2
    '%s'.format([self.l]) == '["a", "b"]'
    '%s'.format([self.labels]) == '{"a":"a"}'
    '%s %s'.format([self.at, self.every]) == '2026-01-31T09:30:00Z 3600s'
    '%s'.format([[self.at]]) == '[timestamp("2026-01-31T09:30:00Z")]'
    '%s'.format([self.spans]).size() > 10
    '%s|%s|%s'.format([self.x, self.b, self.n]) == '1.5|true|1'
    '%s'.format([[self.x]]) == '[1.500000]'
    '%d%%'.format([self.n]) == '1%'
    '%d'.format([self.e]) == '5'
    '%.2f'.format([self.x]) == '1.50'
    '%f'.format([self.x]) == '1.500000'
    '%x %X %o %b'.format([self.n, self.t, self.n, self.n]) == '1 61 1 1'
    '%x'.format([self.blob]) == '6869'
    self.t.format([self.n]) == '1'
    isIP(self.t)
    isCIDR(self.t)
    ip(self.t).family() == 4
    ip.isCanonical(self.t)
    ip(self.t).isLoopback() || ip(self.t).isUnspecified()
    ip(self.t).isLinkLocalMulticast() || ip(self.t).isLinkLocalUnicast()
    ip(self.t).isGlobalUnicast()
    string(ip(self.t)) == self.t
    ip(self.t) == ip(self.u)
    cidr(self.t).containsIP(self.u)
    cidr(self.t).containsIP(ip('10.0.0.1'))
    cidr(self.t).containsCIDR(self.u)
    cidr('10.0.0.0/8').containsIP(self.t) || cidr('2001:db8::/32').containsIP(self.t)
    cidr('10.0.0.0/8').containsCIDR(self.t)
    cidr(self.t).prefixLength() > 8
    cidr(self.t).masked() == cidr(self.t)
    string(cidr(self.t).masked()) == self.t
    cidr(self.t).ip() == ip('10.0.0.0')
    isURL(self.t)
    url(self.t).getScheme() == 'https'
    url(self.t).getHost() == 'a.b:80' || url(self.t).getHostname() == 'a.b'
    url(self.t).getPort() == '80'
    url(self.t).getEscapedPath() == '/c'
    url(self.t).getQuery().size() == 1
    url(self.t).getQuery()['d'] == ['e']
    url(self.t) == url(self.u)
    isQuantity(self.t)
    quantity(self.t).isInteger()
    quantity(self.t).asInteger() > 10
    quantity(self.t).asApproximateFloat() > 0.5
    sign(quantity(self.t)) == 1
    quantity(self.t).add(quantity('1')).isGreaterThan(quantity('2'))
    quantity(self.t).add(1).sub(1) == quantity(self.t)
    quantity(self.t).sub(quantity(self.u)).isLessThan(quantity('1'))
    quantity(self.t).compareTo(quantity(self.u)) == 1
    quantity(self.t) == quantity('100m')
    quantity(self.t).sub(quantity('1m')).isInteger()
    isSemver(self.t)
    isSemver(self.t, true)
    semver(self.t).major() == 1 && semver(self.t).minor() == 2 && semver(self.t).patch() == 3
    semver(self.t, true).isGreaterThan(semver('1.0.0'))
    semver(self.t).isLessThan(semver(self.u))
    semver(self.t).compareTo(semver('1.2.3-rc.1')) >= 0
    semver(self.t) == semver('1.2.3+b')
    !format.dns1123Label().validate(self.t).hasValue()
    !format.dns1123Subdomain().validate(self.t).hasValue()
    !format.dns1035Label().validate(self.t).hasValue()
    !format.qualifiedName().validate(self.t).hasValue()
    !format.dns1123LabelPrefix().validate(self.t).hasValue()
    !format.dns1123SubdomainPrefix().validate(self.t).hasValue()
    !format.dns1035LabelPrefix().validate(self.t).hasValue()
    !format.labelValue().validate(self.t).hasValue()
    !format.uri().validate(self.t).hasValue()
    !format.uuid().validate(self.t).hasValue()
    !format.byte().validate(self.t).hasValue()
    !format.date().validate(self.t).hasValue()
    !format.datetime().validate(self.t).hasValue()
    format.named(self.t).hasValue() || format.named('uri').value() == format.uri()
    sets.contains(self.l, ['a'])
    sets.equivalent(self.l, self.set)
    sets.intersects(self.l, self.set)
    self.k.isSorted()
    self.l.isSorted()
    self.k.sum() == 3
    self.k.max() > 2
    self.k.min() < 1
    self.l.max() == 'b' || self.l.min() == 'a'
    self.k.indexOf(1) == 0
    self.k.lastIndexOf(1) == 1
    self.l.indexOf(self.t) == self.l.lastIndexOf(self.t)
    self.k.sort() == self.k
    self.k.sort().reverse()[0] > 2
    self.k.distinct().size() == self.k.size()
    self.k.slice(0, 2).sum() == 3
    self.k.slice(self.n, self.m).size() == 1
    [self.k, self.k].flatten().size() == 2
    [[self.k], [self.k]].flatten(2).size() == 2
    lists.range(3).map(v, v * self.n).sum() > 2
    self.l[?0].orValue('') == self.t
    optional.unwrap([self.?gone, self.?t]).size() == 1
    [?self.?gone, ?self.?t].size() == 1
    {?'a': self.?gone, 'b': 'x'}.size() == 1
    {'a': self.t, 'b': self.u} == {'b': 'b', 'a': 'a'}
    {1: 'a', 2: self.t}[self.n] == 'a'
    self.free == self.free
    self.deep == self.deep
    self.deep.a == self.deep.a
    self.labels == {'a': 'a'}
    {'a': 'a'} == self.labels
    self.namespace == self.t
    has(self.blob)
    self.z.isSorted()
    self.z.sort().size() > 1
    self.z.min() == 'a'
    (self.z + self.z).reverse().distinct().size() > 2
    sets.contains([(self.z + self.l), self.l].flatten(), self.z + self.z)
    self.spans + self.spans == [self.spans, self.spans].flatten()
    self.kebab__dash__case == self.__namespace__
    dyn(self.labels) == 1
    dyn(self.l) != 1
    dyn(1) == self.l
    self == self
    self.labels.map(key, key).size() > 1
""".strip().splitlines()

MESSAGES: Final = """
    'the text is ' + self.t
    'n: ' + string(self.n / self.m)
    self.t
    '%s has %d'.format([self.l, self.n])
    self.?gone.orValue('nothing')
    string(self.x) + string(self.every) + string(self.at)
    string(format.dns1123Label().validate(self.t).orValue([]).size())
    string(format.qualifiedName().validate(self.t).orValue([]).size())
    string(format.labelValue().validate(self.t).orValue([]).size())
    string(format.dns1035Label().validate(self.t).orValue([]).size())
    string(format.dns1123Subdomain().validate(self.t).orValue([]).size())
    strings.quote(self.t)
    '%s'.format([[self.t, self.u]])
    '%.3f %f'.format([self.x, self.y])
    self.t.upperAscii().trim()
    self.l.sort().reverse().join(', ')
    string(quantity(self.t).asApproximateFloat())
    url(self.t).getEscapedPath() + '|' + url(self.t).getHost()
""".strip().splitlines()
"""Those that make a text."""
