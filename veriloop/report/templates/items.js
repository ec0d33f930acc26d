"use strict";
// Leafs through packed items: filters read the index, texts are unpacked piece by piece when they are shown or sought,
// and only the rows in sight are in the document. Every text goes in through textContent: answers are untrusted.

const ROW_HEIGHT = 44;
const SPARE = 6;
const MOST_UNPACKED = 120;
const ANY = "any";

function node(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

async function unpack(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const sent = writer.write(bytes).then(() => writer.close());
  const reader = stream.readable.getReader();
  const decoder = new TextDecoder();
  const parts = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    parts.push(decoder.decode(value, { stream: true }));
  }
  await sent;
  return JSON.parse(parts.join("") + decoder.decode());
}

const shown = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(2));
const isRight = (value) => value !== null && value >= 1;


class ItemList {
  constructor(root, index, pieces) {
    Object.assign(this, { root, index, pieces });
    this.count = index.row.length;
    this.unpacked = new Map();
    this.starts = [];
    let start = 0;
    for (const size of index.pieces) { this.starts.push(start); start += size; }
    this.found = [];
    this.at = 0;
    this.choice = {};
    this.wanted = "";
    this.search = 0;
    this.siblings = this.gather();
    this.build();
    this.filter();
  }

  name(column, i) { return this.index.names[this.index[column][i]]; }
  rule(k, i) { return this.index.names[this.index.rule[k][i]]; }
  reason(k, i) { return this.index.names[this.index.reason[k][i]]; }

  // Items by task and uid, so that the same item in another language or of another model is one step away.
  gather() {
    const groups = new Map();
    const { task, uid } = this.index;
    for (let i = 0; i < this.count; i++) {
      if (!this.name("uid", i)) continue;
      const key = task[i] + ":" + uid[i];
      if (groups.has(key)) groups.get(key).push(i); else groups.set(key, [i]);
    }
    return groups;
  }

  // A piece as it was unpacked; the oldest are forgotten, so that a page of any size stays small in memory.
  piece(p) {
    if (!this.unpacked.has(p)) {
      if (this.unpacked.size >= MOST_UNPACKED) this.unpacked.delete(this.unpacked.keys().next().value);
      this.unpacked.set(p, unpack(this.pieces[p].textContent));
    }
    return this.unpacked.get(p);
  }

  async text(i) {
    let p = this.starts.length - 1;
    while (this.starts[p] > i) p--;
    const piece = await this.piece(p);
    const [prompt, gold, answer, verdicts] = piece.items[i - this.starts[p]];
    return { prompt: piece.prompts[prompt], gold, answer, verdicts };
  }

  // Tests of the choice called "Verdict"; each takes an item's number.
  tests() {
    const { scorings, value } = this.index;
    const all = [[ANY, () => true]];
    if (scorings.length === 2) {
      const [a, b] = value;
      all.push(["verdict changes", (i) => a[i] !== b[i]]);
      all.push([`better under ${scorings[1]}`, (i) => (b[i] || 0) > (a[i] || 0)]);
      all.push([`worse under ${scorings[1]}`, (i) => (b[i] || 0) < (a[i] || 0)]);
    }
    scorings.forEach((name, k) => {
      all.push([`${name}: right`, (i) => isRight(value[k][i])]);
      all.push([`${name}: wrong`, (i) => value[k][i] !== null && !isRight(value[k][i])]);
      all.push([`${name}: not read`, (i) => Boolean(this.reason(k, i))]);
    });
    return all;
  }

  // Rules and reasons that occur, under the name of their scoring.
  rules() {
    const all = [[ANY, () => true]];
    this.index.scorings.forEach((name, k) => {
      for (const column of ["rule", "reason"]) {
        for (const told of [...new Set(this.index[column][k])]) {
          const text = this.index.names[told];
          if (text) all.push([`${name}: ${column === "reason" ? "not read, " : ""}${text}`, (i) => this.index[column][k][i] === told]);
        }
      }
    });
    return all;
  }

  build() {
    const tools = node("div", "tools");
    const field = node("input");
    field.type = "search";
    let waiting = 0;
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { this.wanted = field.value.trim(); this.filter(); }, 180);
    });
    const label = node("label", "", "Search texts");
    label.append(field);
    tools.append(label);
    for (const [title, column] of [["Task", "task"], ["Language", "language"], ["Subset", "subset"], ["Model", "model"], ["Prompt setting", "setting"]]) {
      const used = [...new Set(this.index[column])];
      if (used.filter((at) => this.index.names[at]).length < 2) continue;
      const tests = [[ANY, () => true], ...used.map((at) => [this.index.names[at] || "none", (i) => this.index[column][i] === at])];
      tools.append(this.select(title, tests));
    }
    tools.append(this.select("Verdict", this.tests()));
    if (this.index.cut.some(Boolean)) {
      const cut = (i) => Boolean(this.index.cut[i]);
      tools.append(this.select("Answer", [[ANY, () => true], ["cut off", cut], ["not cut off", (i) => !cut(i)]]));
    }
    const rules = this.rules();
    if (rules.length > 2) tools.append(this.select("Rule", rules));
    this.told = node("p", "count");
    this.told.setAttribute("role", "status");
    this.rows = node("div", "window");
    this.tall = node("div", "tall");
    this.rows.append(this.tall);
    this.rows.tabIndex = 0;
    this.rows.setAttribute("role", "listbox");
    this.rows.setAttribute("aria-label", "Items");
    this.rows.addEventListener("scroll", () => this.draw(), { passive: true });
    this.rows.addEventListener("keydown", (event) => this.press(event));
    document.addEventListener("keydown", (event) => {
      const busy = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
      if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { j: 1, n: 1, k: -1, p: -1 }[event.key];
      if (step) this.go(this.at + step);
    });
    this.detail = node("div", "detail");
    const side = node("div", "side");
    side.append(this.told, this.rows);
    const split = node("div", "split");
    split.append(side, this.detail);
    this.root.replaceChildren(tools, split);
    new ResizeObserver(() => this.draw()).observe(this.rows);
  }

  select(title, tests) {
    const choice = node("select");
    for (const [name] of tests) choice.append(node("option", "", name));
    choice.addEventListener("change", () => {
      this.choice[title] = tests[choice.selectedIndex][1];
      this.filter();
    });
    const label = node("label", "", title);
    label.append(choice);
    return label;
  }

  press(event) {
    const page = Math.max(1, Math.floor(this.rows.clientHeight / ROW_HEIGHT) - 1);
    const to = {
      ArrowDown: this.at + 1, ArrowUp: this.at - 1, PageDown: this.at + page, PageUp: this.at - page,
      Home: 0, End: this.found.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.go(Math.max(0, Math.min(this.found.length - 1, to)));
  }

  // The items that every choice lets through; a sought text is looked for afterwards, piece by piece.
  async filter() {
    const turn = ++this.search;
    const kept = this.found[this.at];
    const tests = Object.values(this.choice).filter(Boolean);
    const found = [];
    for (let i = 0; i < this.count; i++) if (tests.every((test) => test(i))) found.push(i);
    const sought = this.wanted ? await this.seek(found, turn) : found;
    if (turn !== this.search) return;
    this.found = sought;
    this.at = Math.max(0, sought.indexOf(kept));
    this.tall.style.setProperty("height", sought.length * ROW_HEIGHT + "px");
    this.say(`${sought.length.toLocaleString("en")} of ${this.count.toLocaleString("en")} items`);
    if (sought.length) await this.go(this.at);
    else {
      this.draw();
      this.detail.replaceChildren(node("p", "empty", "No item fits these filters. Widen one of them."));
    }
  }

  async seek(among, turn) {
    const wanted = new RegExp(this.wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu");
    const found = [];
    let rested = performance.now();
    for (const i of among) {
      const { prompt, answer } = await this.text(i);
      if ([this.name("uid", i), answer, prompt].some((text) => text && wanted.test(text))) found.push(i);
      if (performance.now() - rested > 60) {
        this.say(`Searching: ${found.length.toLocaleString("en")} found so far`);
        await new Promise((go) => setTimeout(go));
        if (turn !== this.search) return found;
        rested = performance.now();
      }
    }
    return found;
  }

  say(text) { this.told.textContent = text; }

  // Only what is in sight is in the document.
  draw() {
    const first = Math.max(0, Math.floor(this.rows.scrollTop / ROW_HEIGHT) - SPARE);
    const last = Math.min(this.found.length, Math.ceil((this.rows.scrollTop + this.rows.clientHeight) / ROW_HEIGHT) + SPARE);
    const made = [];
    for (let k = first; k < last; k++) made.push(this.line(k));
    this.tall.replaceChildren(...made);
  }

  line(k) {
    const i = this.found[k];
    const row = node("div", "row");
    row.id = "item-" + k;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(k === this.at));
    row.setAttribute("aria-posinset", String(k + 1));
    row.setAttribute("aria-setsize", String(this.found.length));
    row.style.setProperty("top", k * ROW_HEIGHT + "px");
    row.addEventListener("click", () => this.go(k));
    const marks = node("span", "marks");
    this.index.scorings.forEach((_, s) => marks.append(this.mark(s, i)));
    const top = node("span", "first", [this.name("task", i), this.name("language", i), this.name("uid", i) || "row " + this.index.row[i]].join(" · "));
    const under = node("span", "under", [this.name("model", i), this.name("setting", i), this.name("subset", i)].filter(Boolean).join(" · "));
    row.append(top, marks, under);
    return row;
  }

  mark(s, i) {
    const value = this.index.value[s][i];
    const reason = this.reason(s, i);
    const [name, sign, says] = reason ? ["unknown", "?", "not read: " + reason]
      : value === null ? ["unknown", "–", "not scored"]
      : isRight(value) ? ["right", "✓", "right"]
      : value > 0 ? ["part", shown(value), shown(value)] : ["wrong", "✗", "wrong"];
    const made = node("span", "mark " + name, sign);
    made.title = `${this.index.scorings[s]}: ${says}`;
    made.setAttribute("aria-label", made.title);
    made.setAttribute("role", "img");
    return made;
  }

  async go(k) {
    if (k < 0 || k >= this.found.length) return;
    this.at = k;
    const top = k * ROW_HEIGHT;
    if (top < this.rows.scrollTop) this.rows.scrollTop = top;
    else if (top + ROW_HEIGHT > this.rows.scrollTop + this.rows.clientHeight) this.rows.scrollTop = top + ROW_HEIGHT - this.rows.clientHeight;
    this.draw();
    this.rows.setAttribute("aria-activedescendant", "item-" + k);
    const i = this.found[k];
    const text = await this.text(i);
    if (this.found[this.at] === i) this.show(i, text);
  }

  // Shows an item whether or not it passes the filters; they are kept, and the list stays where it was.
  async visit(i) {
    const k = this.found.indexOf(i);
    if (k >= 0) await this.go(k);
    else this.show(i, await this.text(i));
  }

  show(i, text) {
    this.open = i;
    const title = node("h3", "", [this.name("task", i), this.name("language", i), this.name("uid", i) || "row " + this.index.row[i]].join(" · "));
    const facts = node("p", "facts", [this.name("model", i), this.name("setting", i) && "prompt " + this.name("setting", i), this.name("subset", i), "row " + this.index.row[i], this.index.cut[i] && "answer cut off by the limit"].filter(Boolean).join(" · "));
    const parts = [this.steps(), title, facts, ...this.others(i)];
    const cards = node("div", "cards");
    this.index.scorings.forEach((name, s) => cards.append(this.card(name, s, i, text.verdicts[s])));
    parts.push(cards, this.block("Prompt", text.prompt, "prompt"));
    if (text.gold !== null) parts.push(this.block("Gold", text.gold, "gold-answer"));
    parts.push(text.answer === null ? node("p", "empty", "No answer came.") : this.answer(text));
    this.detail.replaceChildren(...parts);
  }

  steps() {
    const line = node("div", "steps-line");
    for (const [says, step] of [["← previous", -1], ["next →", 1]]) {
      const button = node("button", "", says);
      button.type = "button";
      button.disabled = this.at + step < 0 || this.at + step >= this.found.length;
      button.addEventListener("click", () => this.go(this.at + step));
      line.append(button);
    }
    line.append(node("span", "hint", "keys: j next, k previous, arrows in the list"));
    return line;
  }

  // The same item in other languages (of this model and setting), and other answers to it in this language.
  others(i) {
    const { task, uid, model, setting, language } = this.index;
    const group = this.siblings.get(task[i] + ":" + uid[i]) || [];
    const lines = [
      ["Languages", "language", group.filter((j) => model[j] === model[i] && setting[j] === setting[i]), (j) => this.name("language", j)],
      ["Answers", "answers", group.filter((j) => language[j] === language[i]), (j) => [this.name("model", j), this.name("setting", j)].filter(Boolean).join(", ")],
    ];
    return lines.filter(([, , of]) => of.length > 1).map(([title, name, of, says]) => {
      const line = node("div", "others " + name);
      line.append(node("span", "hint", title));
      for (const j of of) {
        const button = node("button", "", says(j));
        button.type = "button";
        button.setAttribute("aria-current", String(j === i));
        this.index.scorings.forEach((_, s) => button.append(" ", this.mark(s, j)));
        button.addEventListener("click", () => this.visit(j));
        line.append(button);
      }
      return line;
    });
  }

  card(name, s, i, verdict) {
    const card = node("div", "card");
    const value = this.index.value[s][i];
    const head = node("p", "facts");
    head.append(node("b", "", name), " ", this.mark(s, i), value === null ? "" : " " + shown(value));
    card.append(head);
    const list = node("dl");
    const facts = [["not read", this.reason(s, i)], ["rule", this.rule(s, i)]];
    if (verdict) facts.push(["read out", verdict[0]], ["also", verdict[3]]);
    for (const [term, says] of facts) {
      if (!says) continue;
      const told = node("dd");
      told.append(node("bdi", "", says));
      list.append(node("dt", "", term), told);
    }
    card.append(list);
    return card;
  }

  block(title, text, name) {
    const words = node("p", "question " + name, text);
    words.dir = "auto";
    const made = node("div", "text-block");
    made.append(node("p", "hint", title), words);
    return made;
  }

  // The answer cut at the ends of the spans; what a scoring read out is marked, in its own way where two differ.
  answer({ answer, verdicts }) {
    const words = node("p", "question answer-text");
    words.dir = "auto";
    const spans = verdicts.map((v) => (v && v[1] >= 0 ? [v[1], Math.min(v[2], answer.length)] : null));
    const cuts = [...new Set([0, answer.length, ...spans.filter(Boolean).flat()])].sort((a, b) => a - b);
    for (let c = 0; c + 1 < cuts.length; c++) {
      const text = answer.slice(cuts[c], cuts[c + 1]);
      const by = this.index.scorings.filter((_, s) => spans[s] && spans[s][0] <= cuts[c] && cuts[c + 1] <= spans[s][1]);
      if (!by.length) { words.append(text); continue; }
      const only = by.length < spans.filter(Boolean).length ? " only" + this.index.scorings.indexOf(by[0]) : "";
      const mark = node("mark", "read" + only, text);
      mark.title = "read by " + by.join(", ");
      words.append(mark);
    }
    const made = node("div", "text-block");
    made.append(node("p", "hint", "Answer"), words);
    if (!answer) made.append(node("p", "empty", "The answer is empty."));
    return made;
  }
}

async function openItems(root) {
  const section = root.parentNode;
  if (typeof DecompressionStream === "undefined") return;
  try {
    const index = await unpack(section.querySelector("script.items-index").textContent);
    root.list = new ItemList(root, index, section.querySelectorAll("script.items-piece"));
  } catch (error) {
    root.replaceChildren(node("p", "empty", "The packed items could not be read: " + error.message));
  }
}

for (const root of document.querySelectorAll(".packed")) openItems(root);
