"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const payload = JSON.parse($("payload").textContent);
  const views = {};

  const percent = (share) => `${(100 * share).toFixed(1)} %`;

  // a chart, with new rows in place of some of its data
  async function show(name, datasets) {
    if (views[name]) {
      const view = await views[name];
      for (const [data, rows] of Object.entries(datasets)) view.data(data, rows);
      return view.runAsync();
    }
    const options = { actions: false, renderer: "svg", ast: true };
    const chart = { ...payload.charts[name], datasets };
    views[name] = vegaEmbed(`#chart-${name}`, chart, options).then(({ view }) => view);
    return views[name];
  }

  function fill(select, labels) {
    select.replaceChildren(...labels.map((label, value) => new Option(label, value)));
  }

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  async function unpacked(text) {
    const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  // figures at their full size
  for (const figure of document.querySelectorAll("figure")) {
    const image = figure.querySelector("img");
    const enlarge = () => {
      const copy = image.cloneNode();
      copy.removeAttribute("width");
      copy.removeAttribute("height");
      $("large").querySelector("div").replaceChildren(copy);
      $("large").showModal();
    };
    image.addEventListener("click", enlarge);
    figure.querySelector("button.enlarge").addEventListener("click", enlarge);
  }

  // the charts of a run
  const { shared } = payload;
  const runs = {};
  let run, wafer, codes;

  function table(id, title, rows) {
    const columns = Object.keys(rows[0]);
    const head = document.createElement("thead"), body = document.createElement("tbody");
    const line = head.insertRow();
    for (const column of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = column.replaceAll("_", " ");
      line.append(cell);
    }
    for (const row of rows) {
      const line = body.insertRow();
      for (const column of columns) line.insertCell().textContent = row[column];
    }
    const caption = document.createElement("caption");
    caption.textContent = title;
    $(id).replaceChildren(caption, head, body);
  }

  // codes of a projection after every kept iteration: each is told as the difference to the last
  function unfolded(steps, [pre, post]) {
    const all = new Int8Array(bytes(steps).buffer), size = pre * post;
    for (let i = size; i < all.length; i++) all[i] += all[i - size];
    return Array.from({ length: all.length / size }, (_, i) => all.subarray(i * size, (i + 1) * size));
  }

  function showIteration() {
    const iteration = Number($("iteration").value);
    const row = run.loop.find((one) => one.iteration === iteration) ?? {};
    const said = [`${iteration} of ${$("iteration").max}`];
    if (row.batch_accuracy !== undefined) said.push(`${percent(row.batch_accuracy)} of its batch (before the update)`);
    if (row.test_accuracy !== undefined) said.push(`${percent(row.test_accuracy)} of the test set`);
    if (row.weights_changed !== undefined) said.push(`${row.weights_changed} weights written anew`);
    $("told").textContent = said.join(", ");
    $("iteration").setAttribute("aria-valuetext", said.join(", "));
    const here = [{ updates: iteration }];
    return Promise.all([
      show("loop", { here }),
      show("activity", { here }),
      showWeights(),
    ]);
  }

  // what was kept last, at or before the iteration
  function kept(iteration) {
    return run.weights.iterations.findLastIndex((one) => one <= iteration);
  }

  function showWeights() {
    const number = Number($("projection").value), { shape, mapped } = shared.projections[number];
    const at = kept(Number($("iteration").value));
    const top = shared.largest, counts = run.weights.counts[number][at];
    const shown = [show("codes", { codes: counts.map((synapses, n) => ({ code: n - top, synapses })) })];
    const after = run.weights.iterations[at], asked = Number($("iteration").value);
    $("weights-of").textContent = after === asked ? "" : `As after iteration ${after}: none later, up to here, are in this page.`;
    $("chart-weights").parentElement.hidden = !mapped;
    if (!mapped) return Promise.all(shown);
    codes[number] ??= unfolded(run.weights.steps[number], shape);
    const rows = Array.from(codes[number][at], (code, n) => ({
      pre: Math.floor(n / shape[1]), post: n % shape[1], code,
    }));
    return Promise.all([...shown, show("weights", { weights: rows })]);
  }

  function showSpikes() {
    const state = $("state").value, number = Number($("image").value);
    const spikes = run.spikes[state].images[number];
    const rows = spikes.times.map((time, n) => {
      const unit = spikes.units[n];
      const at = shared.populations.findLastIndex((one) => one.size && one.first <= unit);
      const { name, first, size } = shared.populations[at], [bottom, height] = shared.stacked[at];
      return {
        time: time / 10, population: name, unit: unit - first,
        height: bottom + (height * (unit - first + 0.5)) / size,
      };
    });
    show("spikes", { spikes: rows });
    const read = shared.classes[spikes.decision];
    const right = spikes.decision === number ? "right" : "wrong";
    const inputs = spikes.inputs ? "" : ", those of the inputs are too many to draw";
    $("decision").textContent = `read as ${read} (${right}); `
      + (spikes.drawn ? `${rows.length} spikes${inputs}` : "its spikes are not in this page");
  }

  function showParameter() {
    const one = run.calibration[Number($("parameter").value)];
    const rows = one.counts.flatMap((counts, n) => counts.map((circuits, bin) => ({
      when: ["before", "after"][n], low: one.edges[bin], high: one.edges[bin + 1], circuits,
    })));
    show("bins", { bins: rows });
    $("narrowed").textContent = `spread ${one.before} before, ${one.after} after (${one.unit})`;
  }

  async function showRun() {
    const number = $("run").value;
    runs[number] ??= await unpacked($(`run-${number}`).textContent);
    // another one was picked meanwhile
    if ($("run").value !== number) return showRun();
    run = runs[number];
    codes = {};
    const last = run.loop.at(-1).iteration;
    $("iteration").max = last;
    $("iteration").value = last;
    const here = [{ updates: last }];
    show("loop", { here, loop: run.loop });
    show("activity", { here, activity: run.activity });
    const states = Object.keys(shared.states).filter((state) => run.spikes[state]);
    const before = $("state").value;
    $("state").replaceChildren(...states.map((state) => new Option(shared.states[state], state)));
    $("state").value = states.includes(before) ? before : states.at(-1);
    const own = new Map(run.hicanns.map((one) => [one.hicann, one]));
    show("hicanns", { hicanns: wafer.map((place) => own.get(place.hicann) ?? place) });
    show("neurons", { neurons: run.neurons });
    const lost = run.neurons.reduce((sum, one) => sum + one.lost, 0);
    const placed = run.neurons.reduce((sum, one) => sum + one.synapses, 0);
    const used = new Set(run.neurons.map((one) => one.hicann)).size;
    $("placed").textContent = `${run.neurons.length} neurons on `
      + `${used === 1 ? "1 HICANN" : `${used} HICANNs`}; ${placed} synapses placed, ${lost} lost; `
      + `${run.circuits.usable} of ${run.circuits.all} circuits usable.`;
    $("notes").textContent = run.notes.join(" ");
    $("notes").hidden = !run.notes.length;
    table("table-hicanns", "What the run has on its HICANNs", run.hicanns);
    table("table-neurons", "Its neurons; spikes are means per image of the test set", run.neurons);
    $("measured").hidden = !run.calibration.length;
    if (run.calibration.length) {
      const kept = $("parameter").value || 0;
      fill($("parameter"), run.calibration.map((one) => one.pynn ? `${one.name} (${one.pynn})` : one.name));
      $("parameter").value = kept;
      showParameter();
    }
    showSpikes();
    await showIteration();
    await Promise.all(Object.values(views));
  }

  function failed(error) {
    console.error(error);
    $("explorer").hidden = true;
    const said = document.createElement("p");
    said.textContent = `This part cannot be shown here (${error.message}); a current browser can. All others do without.`;
    $("look").append(said);
    document.body.dataset.ready = "";
  }

  async function look() {
    if ($("explorer")) $("explorer").hidden = false;
    if (payload.variants) {
      await show("variants", { variants: payload.variants });
      document.body.dataset.ready = "";
      return;
    }
    // no run has found room in the page
    if (!$("explorer")) {
      document.body.dataset.ready = "";
      return;
    }
    wafer = shared.wafer;
    fill($("projection"), shared.projections.map((one) => one.name));
    fill($("image"), shared.classes);
    const pick = () => showRun().catch(failed);
    $("run").addEventListener("change", pick);
    $("iteration").addEventListener("input", showIteration);
    $("projection").addEventListener("change", showWeights);
    $("image").addEventListener("change", showSpikes);
    $("state").addEventListener("change", showSpikes);
    $("parameter").addEventListener("change", showParameter);
    for (const link of document.querySelectorAll("a[data-run]")) {
      link.addEventListener("click", () => {
        $("run").value = link.dataset.run;
        pick();
      });
    }
    await showRun();
    // what is clicked in a chart over the iterations becomes the one that is shown
    for (const name of ["loop", "activity"]) {
      (await views[name]).addEventListener("click", (_, item) => {
        if (item?.datum?.updates === undefined) return;
        $("iteration").value = item.datum.updates;
        showIteration();
      });
    }
    document.body.dataset.ready = "";
  }

  look().catch(failed);
})();
