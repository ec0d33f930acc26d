"use strict";
// Shows the embedded solutions. Every text goes in through textContent: solutions are untrusted.

function make(tag, name, text) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

function put(parent, ...children) {
  parent.append(...children.filter((child) => child !== null && child !== undefined));
  return parent;
}

// Near one half is colourless; the further from it, the stronger the blue (high) or the orange (low).
function paint(node, score) {
  if (score === null || score === undefined) return node;
  const most = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--most")) || 0.5;
  node.classList.add(score >= 0.5 ? "hi" : "lo");
  node.style.setProperty("--k", (Math.abs(score - 0.5) * 2 * most).toFixed(3));
  return node;
}

const said = (verdict) => verdict && verdict.error !== undefined && verdict.error !== null;
const stepOf = (error) => (error < 0 ? "no error" : "step " + (error + 1));
const decimals = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(2));

const SIGN = { true: " ✓", false: " ✗", null: "" };

const ANSWERS = {
  "any": () => true,
  "right": (s) => s.right === true,
  "wrong": (s) => s.right === false,
  "right, with a wrong step": (s) => s.right === true && s.gold !== null && s.gold >= 0,
  "picked": (s) => s.picks.length > 0,
  "picked and wrong": (s) => s.picks.length > 0 && s.right === false,
};
const VERDICTS = {
  "any": () => true,
  "verifiers disagree": (s) => new Set(s.verdicts.filter(said).map((v) => v.error)).size > 1,
  "first error missed": (s, v) => s.gold !== null && s.gold >= 0 && said(s.verdicts[v]) && s.verdicts[v].error !== s.gold,
  "false alarm": (s, v) => s.gold === -1 && said(s.verdicts[v]) && s.verdicts[v].error >= 0,
  "unscored": (s, v) => Boolean(s.verdicts[v] && s.verdicts[v].unscored),
};

class Browse {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.chosen = { verifier: 0, problem: -1, solution: 0 };
    this.filter = { text: "", subset: "any", answer: "any", verdict: "any" };
    for (const problem of data.problems) {
      problem.sought = [problem.name, problem.subset, problem.text].join(" ").toLowerCase();
    }
    this.build();
    this.refresh();
  }

  build() {
    const tools = make("div", "tools");
    const search = put(make("label"), "Search problems");
    const field = make("input");
    field.type = "search";
    field.addEventListener("input", () => { this.filter.text = field.value.toLowerCase(); this.refresh(); });
    tools.append(put(search, field));
    const subsets = [...new Set(this.data.problems.map((p) => p.subset).filter(Boolean))];
    if (subsets.length > 1) tools.append(this.select("Subset", ["any", ...subsets], "subset"));
    tools.append(this.select("Final answer", Object.keys(ANSWERS), "answer"));
    const verifiers = this.data.verifiers.map((v) => v.name);
    if (verifiers.length) {
      tools.append(this.select("Verdicts", Object.keys(VERDICTS), "verdict"));
      tools.append(this.select("Colour and judge by", verifiers, null));
    }
    this.count = make("p", "count");
    this.count.setAttribute("role", "status");
    this.list = make("ul", "problems");
    this.list.setAttribute("aria-label", "Problems");
    this.detail = make("div", "detail");
    const side = put(make("div", "side"), this.count, this.list);
    this.arrows(this.list, (at) => this.open(at));
    put(this.root, tools, put(make("div", "split"), side, this.detail));
  }

  // A labelled choice: of a filter, or (key null) of the verifier that colours the steps.
  select(name, options, key) {
    const choice = make("select");
    options.forEach((option, i) => {
      const node = make("option", "", option);
      node.value = String(i);
      choice.append(node);
    });
    choice.addEventListener("change", () => {
      if (key) this.filter[key] = options[Number(choice.value)];
      else this.chosen.verifier = Number(choice.value);
      this.refresh();
    });
    return put(make("label"), name, choice);
  }

  // Arrow keys walk through the buttons of a list; Home and End jump.
  arrows(list, open) {
    list.addEventListener("keydown", (event) => {
      const buttons = [...list.querySelectorAll("button")];
      const at = buttons.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (to === undefined || at < 0 || !buttons[to]) return;
      event.preventDefault();
      const index = Number(buttons[to].dataset.index);
      open(index);
      const now = list.querySelector(`button[data-index="${index}"]`);
      if (now) now.focus();
    });
  }

  fits(solution) {
    const { answer, verdict } = this.filter;
    return ANSWERS[answer](solution) && VERDICTS[verdict](solution, this.chosen.verifier);
  }

  refresh() {
    const { text, subset, answer, verdict } = this.filter;
    const free = answer === "any" && verdict === "any";
    const found = this.data.problems.map((_, i) => i).filter((i) => {
      const problem = this.data.problems[i];
      return (subset === "any" || problem.subset === subset) && problem.sought.includes(text) &&
        (free || problem.solutions.some((s) => this.fits(s)));
    });
    const solutions = found.reduce((n, i) => n + this.data.problems[i].solutions.filter((s) => this.fits(s)).length, 0);
    this.count.textContent = `${found.length} of ${this.data.problems.length} problems, ${solutions} solution${solutions === 1 ? "" : "s"}`;
    this.list.replaceChildren(...found.map((i) => this.entry(i)));
    if (!found.length) {
      this.chosen.problem = -1;
      this.detail.replaceChildren(make("p", "empty", "No solution fits these filters. Widen one of them."));
    } else {
      const stays = found.includes(this.chosen.problem);
      this.open(stays ? this.chosen.problem : found[0], stays ? this.chosen.solution : undefined);
    }
  }

  entry(index) {
    const problem = this.data.problems[index];
    const button = make("button");
    button.type = "button";
    button.dataset.index = String(index);
    button.addEventListener("click", () => this.open(index));
    const known = problem.solutions.filter((s) => s.right !== null);
    const right = known.filter((s) => s.right).length;
    const top = put(make("span", "top"), make("span", "", problem.name + (problem.subset ? " · " + problem.subset : "")));
    if (known.length) top.append(make("span", "", `${right}/${known.length} right`));
    return put(make("li"), put(button, top, make("span", "first", problem.text.slice(0, 120))));
  }

  open(index, solution) {
    const problem = this.data.problems[index];
    const fitting = problem.solutions.findIndex((s) => this.fits(s));
    const keeps = solution !== undefined && problem.solutions[solution] && this.fits(problem.solutions[solution]);
    this.chosen.problem = index;
    this.chosen.solution = keeps ? solution : Math.max(0, fitting);
    for (const button of this.list.querySelectorAll("button")) {
      const current = button.dataset.index === String(index);
      button.setAttribute("aria-current", String(current));
      if (current) this.reveal(button);
    }
    this.show(problem);
  }

  reveal(button) {
    const top = button.offsetTop - this.list.offsetTop;
    const bottom = top + button.offsetHeight;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (bottom > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = bottom - this.list.clientHeight;
  }

  show(problem) {
    const question = make("p", "question", problem.text);
    question.dir = "auto";
    const facts = make("p", "facts");
    if (problem.reference !== null) put(facts, "Reference answer ", make("b", "", problem.reference));
    const list = make("ol", "solutions");
    list.setAttribute("aria-label", "Solutions");
    const body = make("div");
    const pick = (at) => {
      this.chosen.solution = at;
      for (const b of list.querySelectorAll("button")) b.setAttribute("aria-current", String(b.dataset.index === String(at)));
      body.replaceChildren(...this.solution(problem.solutions[at]));
    };
    problem.solutions.forEach((s, i) => list.append(this.line(s, i, pick)));
    this.arrows(list, pick);
    this.detail.replaceChildren(make("h3", "", problem.name + (problem.subset ? " · " + problem.subset : "")), question, facts, list, body);
    if (problem.solutions.length) pick(this.chosen.solution);
    else body.append(make("p", "empty", "This problem has no solutions."));
  }

  verdict(solution) {
    return solution.verdicts[this.chosen.verifier] || {};
  }

  // One solution as a line: right or wrong, its answer, a square for each step (ringed at the gold first error).
  line(solution, index, pick) {
    const button = make("button", this.fits(solution) ? "" : "other");
    button.type = "button";
    button.dataset.index = String(index);
    button.addEventListener("click", () => pick(index));
    const strip = make("span", "strip");
    const scores = this.verdict(solution).scores || [];
    solution.steps.forEach((_, i) => strip.append(paint(make("i", i === solution.gold ? "at" : ""), scores[i])));
    put(button, make("span", "ordinal", index + 1), this.mark(solution), make("span", "answer", solution.answer === null ? "no answer" : solution.answer), strip);
    if (solution.picks.length) {
      const badge = make("span", "pick", "★ " + (solution.picks.length > 2 ? solution.picks.length + " rules" : solution.picks.join(", ")));
      badge.title = "Picked by " + solution.picks.join(", ");
      button.append(badge);
    }
    return put(make("li"), button);
  }

  mark(solution) {
    const [name, sign] = { true: ["right", "✓"], false: ["wrong", "✗"], null: ["unknown", "?"] }[String(solution.right)];
    const node = make("span", "mark " + name, sign);
    node.title = "final answer " + name;
    node.setAttribute("aria-label", node.title);
    node.setAttribute("role", "img");
    return node;
  }

  // Whether a verifier puts the first error where the gold label does; null where either does not say.
  agrees(verdict, solution) {
    return said(verdict) && solution.gold !== null ? verdict.error === solution.gold : null;
  }

  chip(verifier, text, name) {
    const node = put(make("span", "chip" + (name ? " " + name : ""), verifier.short + " "), make("b", "", text));
    node.title = verifier.about ? `${verifier.name}: ${verifier.about}` : verifier.name;
    return node;
  }

  // What each verifier says of the whole solution, then the steps, then critiques.
  solution(solution) {
    const summary = make("div", "summary");
    if (solution.gold !== null) summary.append(put(make("span", "chip", "Gold "), make("b", "", stepOf(solution.gold))));
    this.data.verifiers.forEach((verifier, i) => {
      const verdict = solution.verdicts[i];
      if (!verdict) return;
      if (verdict.unscored) summary.append(this.chip(verifier, "unscored: " + verdict.unscored, "lost"));
      else {
        const value = verdict.value === undefined ? "" : verdict.scores ? verdict.value.toFixed(2) : decimals(verdict.value);
        const agrees = this.agrees(verdict, solution);
        const where = said(verdict) ? stepOf(verdict.error) + SIGN[agrees] : "";
        summary.append(this.chip(verifier, [value, where].filter(Boolean).join(" · "), agrees === false ? "wrong" : ""));
      }
    });
    const steps = make("ol", "steps");
    solution.steps.forEach((text, i) => steps.append(this.step(solution, text, i)));
    const scale = put(make("div", "scale"), make("span", "", "0"), make("span", "ramp"), make("span", "", "1"));
    const by = this.data.verifiers[this.chosen.verifier];
    if (by) put(scale, make("span", "", "step score by " + by.name), make("span", "ring"), make("span", "", "gold first error"));
    const critiques = this.data.verifiers.map((v, i) => this.critique(v, solution.verdicts[i])).filter(Boolean);
    const none = solution.steps.length ? [] : [make("p", "empty", "This solution has no steps.")];
    return [summary, ...none, steps, ...(by ? [scale] : []), ...critiques];
  }

  step(solution, text, index) {
    const { gold } = solution;
    const own = this.verdict(solution);
    const score = (own.scores || [])[index];
    const shown = score === undefined ? "–" : score.toFixed(2);
    const body = make("div");
    const words = make("p", "step", text);
    words.dir = "auto";
    const under = make("div", "under");
    const label = gold === null ? "" : gold < 0 || index < gold ? "right" : index === gold ? "wrong" : "after";
    if (label) under.append(make("span", "gold " + label, { right: "right", wrong: "first wrong step", after: "after the error" }[label]));
    this.data.verifiers.forEach((verifier, i) => {
      const verdict = solution.verdicts[i];
      if (!verdict) return;
      const here = (verdict.notes || [])[index] || ((verdict.scores || [])[index] ?? null);
      const blames = verdict.error === index;
      if (here === null && !blames) return;
      const value = typeof here === "number" ? here.toFixed(2) : here;
      const agrees = blames ? this.agrees(verdict, solution) : null;
      const name = agrees === false ? "wrong" : blames ? "blame" : "";
      under.append(this.chip(verifier, [value, blames ? "wrong here" + SIGN[agrees] : ""].filter(Boolean).join(" "), name));
    });
    return put(make("li", label), paint(make("span", "score", shown), score), put(body, words, under));
  }

  critique(verifier, verdict) {
    if (!verdict || !verdict.critique) return null;
    const words = make("p", "", verdict.critique);
    words.dir = "auto";
    return put(make("details", "critique"), make("summary", "", "Critique by " + verifier.name), words);
  }
}

for (const source of document.querySelectorAll("script.browser-data")) {
  new Browse(source.parentNode.querySelector(".browse"), JSON.parse(source.textContent));
}
