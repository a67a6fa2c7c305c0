"""Places as strangers write them, for S24 to S26: what is refused, and what is not."""

from tests.support.internet import PUBLIC, PUBLIC_V6

# Refused whoever asks: forms of address, names that are not public, other ports and schemes, user parts, tricks of spelling.
HOSTS_REFUSED = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.00.00.01", "127.000.000.001", "0", "0.0.0.0", "1",
    "2130706433", "02130706433", "017700000001", "00000000000017700000001", "0x7f000001", "0x7F.0.0.1", "0x7f.1",
    "0x7f.0x0.0x0.0x1", "0177.0.0.1", "0177.1", "0177.0x0.0.1", "127.0.0.0x1", "127.0.0.01", "4294967295", "4294967297",
    "999.999.999.999", "256.256.256.256", "1.2.3.4.5", "1.2.3", "93.184.215.14", "93.184.215.14.", "1572395790", "0x5db8d70e",
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "10.0.0.1",
    "10.1", "172.16.0.1", "192.168.1.1", "192.168.257", "100.64.0.1", "168.63.129.16", "100.100.100.200", "255.255.255.255",
    "224.0.0.1", "shop.example.1", "shop.0x10", "shop.1e1",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:93.184.215.14]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fd00:ec2::254]",
    "[fec0::1]", "[ff02::1]", "[2606:2800:21f:cb07::1]", "[v1.fe80]", "[127.0.0.1]", "[shop.example]", "[::1", "::1", "::1]",
    "127.0.0.1%00", "127.0.0.1%2e", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "%6c%6fcalhost", "shop%2eexample", "shop.example%00",
    "shop.example%23.internal", "shop.example%2f", "１２７.0.0.1", "127.０.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1",
    "①②⑦.0.0.1", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "٠x7f.1", "１２７。０。０。１", "shop。example", "shop．example", "ｓhop.example", "shop.ｅxample",
    "ⓢⓗⓞⓟ.example", "shop.exam\u00adple", "shop\u200b.example", "shop\u2024example", "shop.example\u3002", "\u212aelvin.example",
    "stra\u00dfe.example", "ς.example", "STRAẞE.example", "shop\u200d.example", "shop.\u202eexample", "℀.example", "shop.ex﹒ample",
    "localhost", "localhost.", "LOCALHOST", "localhost.localdomain", "foo.localhost", "printer.local", "shop.internal",
    "metadata.google.internal", "ip-10-0-0-1.ec2.internal", "instance-data", "metadata", "router.lan", "nas.home", "files.corp",
    "db.private", "wiki.intranet", "shop.test", "nowhere.invalid", "abcdefghijklmnop.onion", "1.0.0.127.in-addr.arpa",
    "router.home.arpa", "name.alt", "shop", "com", "", ".", "..", ".example", "shop..example", ".shop.example",
    "shop.example.", "shop.example..", "-shop.example", "shop-.example", "shop_1.example", "sh op.example", "shop!.example",
    "shop,example", "a" * 64 + ".example", "a." * 130 + "example", "shop.example\\", "shop.example\\.other.example", "shop\t.example",
    "shop\r\n.example", "shop\x00.example", "shop.example:80", "shop.example:8443", "shop.example:0", "shop.example:65536",
    "shop.example:443443", "shop.example:", "shop.example:https", "shop.example:+443", "shop.example:４４３", "shop.example:443:443",
    "shop.example: 443", "merchant@shop.example", "merchant:word@shop.example", "@shop.example", ":@shop.example", "shop.example@127.0.0.1",
    "127.0.0.1@shop.example", "shop.example:443@127.0.0.1", "shop.example%40127.0.0.1", "shop.example#@127.0.0.1",
    "shop.example\\@127.0.0.1", "shop.example;127.0.0.1", "shop.example&127.0.0.1", "xn--", "xn--.example", "*.example", "*",
]  # fmt: skip
URLS_REFUSED = [f"https://{host}/" for host in HOSTS_REFUSED] + [
    "http://shop.example/", "HTTP://SHOP.EXAMPLE/", "http://shop.example:443/", "ftp://shop.example/", "file:///etc/passwd",
    "file://shop.example/etc/passwd", "gopher://shop.example/", "ldap://shop.example/", "dict://shop.example:11211/",
    "ws://shop.example/", "wss://shop.example/", "jar:https://shop.example!/", "data:text/html,shop", "javascript:alert(1)",
    "httpſ://shop.example/", "https:shop.example", "https:/shop.example", "https:///shop.example", "https:////shop.example",
    "https:\\\\shop.example", "https://\\shop.example", "//shop.example", "\\\\shop.example", "://shop.example",
    "https:// shop.example/", "https://shop.example /", "https://shop.example/\x7f", "https://shop.example/\u3002", "https://",
    "https", "unix:///var/run/docker.sock", "https+unix://shop.example/", "url:https://shop.example/", "https://?shop.example",
    "https://#shop.example", "https://shop.example/a\\b", "https://shop.example/a b", "https://shop.example/#top",
]  # fmt: skip

# Fit to be asked, as a link in an API is, but not the address of a site.
SITES_REFUSED = [
    "https://shop.example/?page=2", "https://shop.example/a/../b", "https://shop.example/./", "https://shop.example/..",
    "https://shop.example//blog", "https://shop.example/blog//", "https://shop.example/%2e%2e/", "https://shop.example/blog;x=1",
    "https://shop.example/~shop:80", "https://shop.example?", "https://shop.example/@other.example",
]  # fmt: skip

SITES = [
    ("https://shop.example", "https://shop.example"),
    ("https://shop.example/", "https://shop.example"),
    ("  https://Shop.EXAMPLE/Blog/ ", "https://shop.example/Blog"),
    ("HTTPS://shop.example:443", "https://shop.example"),
    ("shop.example", "https://shop.example"),
    ("shop.example/blog", "https://shop.example/blog"),
    ("shop.example:443/blog", "https://shop.example/blog"),
    ("https://shop.example/en/store-2/index.php", "https://shop.example/en/store-2/index.php"),
    ("https://shop.example/~shop/.well", "https://shop.example/~shop/.well"),
    ("https://127-0-0-1.shop.example", "https://127-0-0-1.shop.example"),
    ("https://3m.shop.example", "https://3m.shop.example"),
    ("https://münchen.example", "https://xn--mnchen-3ya.example"),
    ("https://MÜNCHEN.example", "https://xn--mnchen-3ya.example"),
    ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ("https://пример.рф/a", "https://xn--e1afmkfd.xn--p1ai/a"),
    ("https://ΟΔΟΣ.example", "https://xn--pxavbq.example"),
    ("https://例え.example", "https://xn--r8jz45g.example"),
    ("https://local.example", "https://local.example"),
]

# --- Addresses that names lead to

ADDRESSES_REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::a00:1", "::5db8:d70e", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:7f00:1",
    "::ffff:0:5db8:d70e", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "64:ff9b:1::5db8:d70e",
    "64:ff9b:0:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:0:7f00:1::", "2001:0:5db8:d70e::", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:5db8:d70e::1", "2606:2800::5efe:7f00:1", "2606:2800::200:5efe:a00:1",
    "2606:2800::5efe:5db8:d70e", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::5efe:7f00:1", "fec0::1", "ff02::1",
    "ff0e::1", "4000::1", "::2:3:4",
]  # fmt: skip
ADDRESSES_PUBLIC = [
    PUBLIC, "8.8.8.8", "1.1.1.1", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "172.15.0.1", "172.32.0.1",
    "192.0.1.1", "198.20.0.1", "223.255.255.255", PUBLIC_V6, "2001:4860:4860::8888", "2a00::1", "::ffff:93.184.215.14",
    "64:ff9b::5db8:d70e",
]  # fmt: skip

# --- Links to next pages of https://shop.example/blog, and whether they are of the same origin

NEXT = [
    ("https://shop.example/wp-json/wc/v3/orders?page=2", True),
    ("HTTPS://SHOP.example:443/orders", True),
    ("https://shop.example", True),
    ("http://shop.example/orders", False),
    ("https://shop.example:8443/orders", False),
    ("https://other.example/orders", False),
    ("https://shop.example.other.example/", False),
    ("https://shop.example@other.example/", False),
    ("https://other.example/https://shop.example/", False),
    ("https://shop.example\\@other.example/", False),
    ("https://shop.example#@other.example/", False),
    ("//other.example/orders", False),
    ("/orders?page=2", False),
    ("https://127.0.0.1/", False),
    ("javascript:alert(1)", False),
    ("", False),
]
