// The browser opens its book of languages at the first number or time that it is to write, which takes a phone a fifth of a
// second. The shell has it do so while the page's own scripts are on their way, and not in front of who looks.
new Intl.NumberFormat("en-US").format(0);
new Intl.DateTimeFormat("en-US", { timeZone: "UTC" }).format(0);
