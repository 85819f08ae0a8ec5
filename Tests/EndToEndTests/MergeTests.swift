import Adapters
import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct MergeTests {
  /// A folder with two adapters of the finished run and their base.
  private func workshop() throws -> Workplace {
    let finished = try Finished.get().place
    let place = try Workplace()
    var adapters = 0
    for job in finished.stored() {
      let folder = finished.folder.appendingPathComponent("Results/.store/\(job)")
      func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.path + "/" + name) }
      if has("model") {
        try FileManager.default.copyItem(
          at: folder.appendingPathComponent("model"), to: place.folder.appendingPathComponent("base"))
      } else if has("curve.csv"), adapters < 2 {
        adapters += 1
        try FileManager.default.copyItem(
          at: folder.appendingPathComponent("adapter"),
          to: place.folder.appendingPathComponent("a\(adapters)"))
      }
    }
    return place
  }

  private func merge(_ recipe: String, _ place: Workplace, _ more: String...) throws -> Outcome {
    try place.write(recipe, to: "r.yaml")
    return try Program.start(["merge", "r.yaml", "out"] + more, in: place.folder).outcome()
  }

  @Test func `a merge writes an adapter and what it kept`() throws {
    let place = try workshop()
    let recipe = """
      merge_method: ties
      base_model: ./base
      models:
        - {model: a1, parameters: {weight: 1}}
        - {model: ./a2, parameters: {weight: 0.5}}
      parameters: {density: 0.5, lambda: 1, rank: 4}
      """
    let outcome = try merge(recipe, place)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("ties of 2 adapters: 4 layers, rank up to 4, "))
    let names = try FileManager.default.contentsOfDirectory(atPath: place.folder.path + "/out").sorted()
    #expect(names == ["adapter_config.json", "adapter_model.safetensors", "merge.json"])
    struct Record: Decodable {
      struct Site: Decodable { let site: String, rank: Int, retained_energy: Double }
      struct Model: Decodable { let model: String, weight: Double, sha256: String }
      let merge_method: String, sites: [Site], models: [Model]
    }
    let record = try JSONDecoder().decode(Record.self, from: Data(place.read("out/merge.json").utf8))
    #expect(record.merge_method == "ties")
    #expect(record.models.map(\.model) == ["a1", "./a2"])
    #expect(record.models.map(\.weight) == [1, 0.5])
    #expect(record.sites.map(\.rank) == [4, 4, 4, 4])
    #expect(record.sites.allSatisfy { $0.retained_energy > 0.1 && $0.retained_energy <= 1 })
    // The same recipe, the same bytes; and nothing is overwritten unasked.
    let before = try place.files(below: "out")
    let refused = try merge(recipe, place)
    #expect(refused.status == 2)
    #expect(
      refused.errors == "out: error: the output folder is not empty\n  name another one, or add --force\n")
    #expect(try merge(recipe, place, "--force").status == 0)
    #expect(try place.files(below: "out") == before)
    #expect(!FileManager.default.contentsOfDirectoryContainsPartial(place.folder))
  }

  @Test func `nothing but an earlier merge is ever replaced`() throws {
    let place = try workshop()
    let recipe = "merge_method: linear\nmodels: [{model: a1}]"
    try place.write("mine", to: "out")
    let file = try merge(recipe, place, "--force")
    #expect(file.status == 2)
    #expect(file.errors == "out: error: the output is a file, not a folder\n  name another one\n")
    #expect(try place.read("out") == "mine\n")
    try FileManager.default.removeItem(at: place.folder.appendingPathComponent("out"))
    try place.write("mine", to: "out/thesis.txt")
    let folder = try merge(recipe, place, "--force")
    #expect(folder.status == 2)
    #expect(
      folder.errors
        == "out: error: the output folder holds something else: 'thesis.txt'\n  name another one\n")
    #expect(try place.read("out/thesis.txt") == "mine\n")
  }

  @Test func `one adapter with weight one comes back`() throws {
    let place = try workshop()
    #expect(try merge("merge_method: linear\nmodels: [{model: a1}]", place).status == 0)
    func norms(_ folder: String) throws -> [String] {
      try Program.run("inspect", folder, in: place.folder).output.split(separator: "\n").map(String.init)
        .filter { $0.contains("‖ΔW‖ ") }
    }
    #expect(try norms("out") == norms("a1"))
    #expect(try norms("a1").count == 4)
  }

  @Test func `a merge that would be the base is refused, and what it was made with is said`() throws {
    let place = try workshop()
    let recipe = "merge_method: task_arithmetic\nmodels: [{model: a1}, {model: a2}]"
    let nothing = try merge(recipe + "\nparameters: {lambda: 0}", place)
    #expect(nothing.status == 2)
    #expect(
      nothing.errors.hasPrefix("error: the merged change is zero: the result would equal the base\n"))
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/out"))
    for (wrong, told) in [
      (["--threads", "0"], "--threads must be at least 1"),
      (["--max-shard-size", "5XB"], "'5XB' is no size of a file"),
    ] {
      try place.write(recipe, to: "r.yaml")
      let refused = try Program.start(["merge", "r.yaml", "out"] + wrong, in: place.folder).outcome()
      #expect(refused.status == 2)
      #expect(refused.errors.lowercased().hasPrefix("error: ") && refused.errors.contains(told))
      #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/out"))
    }
    let outcome = try merge(recipe, place)
    #expect(outcome.output.contains("\nparameters: scale 0.3\n"), "\(outcome.output)")
    #expect(try place.read("out/merge.json").contains("\"scale\" : 0.3"))
  }

  @Test func `every mistake of a recipe is told with its place`() throws {
    let place = try workshop()
    let recipe = """
      merge_method: ties
      models:
        - {model: a1, parameters: {wieght: 1}}
        - {modle: a2}
      parameters: {densty: 0.5, scale: 1, lambda: 1, rank: -1}
      """
    let outcome = try merge(recipe, place)
    #expect(outcome.status == 2)
    #expect(
      outcome.errors == """
        r.yaml:3:30: error: unknown key 'wieght' in 'models.0.parameters'
            3 |   - {model: a1, parameters: {wieght: 1}}
              |                              ^ did you mean 'weight'?
        r.yaml:4:6: error: unknown key 'modle' in 'models.1'
            4 |   - {modle: a2}
              |      ^ did you mean 'model'?
        r.yaml:5:14: error: unknown key 'densty' in 'parameters'
            5 | parameters: {densty: 0.5, scale: 1, lambda: 1, rank: -1}
              |              ^ did you mean 'density'?
        r.yaml:5:37: error: 'lambda' is another word for 'scale'
            5 | parameters: {densty: 0.5, scale: 1, lambda: 1, rank: -1}
              |                                     ^ keep one of the two
        r.yaml:5:54: error: 'rank' must be a whole number in 0…65536, not '-1'
            5 | parameters: {densty: 0.5, scale: 1, lambda: 1, rank: -1}
              |                                                      ^

        """)
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/out"))
  }

  @Test func `an adapter for another base is refused`() throws {
    let place = try workshop()
    var adapter = try PEFTAdapter.read(place.folder.path + "/a1")
    for i in adapter.sites.indices {
      adapter.sites[i].path = adapter.sites[i].path.replacingOccurrences(of: "layer.1", with: "layer.7")
    }
    try PEFTAdapter.write(adapter, to: place.folder.path + "/a1")
    let outcome = try merge("merge_method: linear\nbase_model: ./base\nmodels: [{model: a1}]", place)
    #expect(outcome.status == 2)
    #expect(
      outcome.errors == """
        a1: error: the adapter was made for another base
          the base has no linear layer 'encoder.layer.7.attention.self.query'; \
        the base has no linear layer 'encoder.layer.7.attention.self.value'

        """)
  }

  @Test func `a short name that would reach a pooler is not written, whether or not the base has one`() throws
  {
    let place = try workshop()
    let layers = try Checkpoint(folder: place.folder.path + "/base").linearLayers(isFanInFanOut: false)
    let adapted = layers.keys.filter { $0.hasSuffix(".dense") && $0.contains("layer.") }.sorted()
    let sites = adapted.map { path in
      let (a, b) = (
        Matrix(rows: 1, columns: layers[path]?.in ?? 0), Matrix(rows: layers[path]?.out ?? 0, columns: 1)
      )
      a.fill(0.5)
      b.fill(1)
      return (path, AdapterSite(a: a, b: b, alpha: 1))
    }
    try PEFTAdapter.write(
      Adapter(name: "dense", sites: sites, targetModules: ["dense"]), to: place.folder.path + "/dense")
    let outcome = try merge("merge_method: linear\nbase_model: ./base\nmodels: [{model: dense}]", place)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try PEFTAdapter.read(place.folder.path + "/out").targetModules == adapted)
    #expect(adapted.count == 6 && layers["pooler.dense"] == nil)
  }

  @Test func `an adapter among checkpoints, a missing folder and a cut adapter are refused`() throws {
    let place = try workshop()
    let whole = try merge("merge_method: linear\nmodels: [{model: base}, {model: a1}]", place)
    #expect(whole.status == 2)
    #expect(
      whole.errors == """
        ./a1: error: this is an adapter among checkpoints
          write checkpoint+a1 to fold it into one

        """)
    let missing = try merge("merge_method: linear\nmodels: [{model: a3}]", place)
    #expect(missing.status == 2)
    #expect(missing.errors.hasPrefix("a3: error: there is no such folder\n"))
    let weights = place.folder.appendingPathComponent("a1/adapter_model.safetensors")
    try Data(contentsOf: weights).dropLast(4).write(to: weights)
    let cut = try merge("merge_method: linear\nmodels: [{model: a1}]", place)
    #expect(cut.status == 2)
    #expect(cut.errors.hasPrefix("a1/adapter_model.safetensors: tensor '"))
    #expect(cut.errors.contains("it was cut short\n"))
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/out"))
  }

  @Test func `heads that were saved whole stay out of a merge where the recipe says so`() throws {
    let place = try Workplace()
    for name in ["c1", "c2"] {
      try FileManager.default.copyItem(
        at: Reference.golden("peft/classifier"), to: place.folder.appendingPathComponent(name))
    }
    let recipe = "merge_method: linear\nmodels: [{model: c1}, {model: c2}]"
    let refused = try merge(recipe, place)
    #expect(refused.status == 2)
    #expect(
      refused.errors == """
        c1/adapter_config.json: error: modules_to_save is not supported: whole layers were trained beside the factors
          a merge that can do without them, as without heads, says leave_out: [classifier, score]

        """)
    let mistaken = try merge(recipe + "\nleave_out: [classifier, score, scores]", place)
    #expect(mistaken.status == 2)
    #expect(
      mistaken.errors == "error: no adapter has a module 'scores' to leave out\n  did you mean 'score'?\n")
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/out"))
    let outcome = try merge(recipe + "\nleave_out: [classifier, score]", place)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let written = try PEFTAdapter.read(place.folder.path + "/out")
    let one = try PEFTAdapter.read(place.folder.path + "/c1", leavingOut: ["classifier", "score"])
    #expect(written.sites.map(\.path) == one.sites.map(\.path) && written.leftOut.isEmpty)
    // PEFT looks for the head of an adapter that names a task.
    #expect(one.taskType == "SEQ_CLS" && written.taskType == nil)
    #expect(try place.read("out/merge.json").contains("\"leave_out\" : ["))
    for ((_, merged), (_, own)) in zip(written.sites, one.sites) {
      #expect(relativeError(written.lowRank(merged).dense.floats, one.lowRank(own).dense.floats) < 1e-6)
    }
  }

  @Test func `a method that needs data says how to get it`() throws {
    let place = try workshop()
    for (method, evidence) in [
      ("regmean", "the inputs of its layers"), ("fisher", "the Fisher information of its weights"),
      ("regmean_pp", "the inputs of its layers behind merged ones"),
    ] {
      let outcome = try merge("merge_method: \(method)\nmodels: [{model: a1}, {model: a2}]", place)
      #expect(outcome.status == 2)
      #expect(
        outcome.errors == """
          error: merge method '\(method)' needs \(evidence) for every model, measured on the model's own data
            merge in an experiment, which measures them: merges: [{method: \(method), of: singles}]

          """)
      #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/out"))
    }
  }

  @Test func `a recipe of checkpoints writes a checkpoint, which an encoder is`() throws {
    let place = try workshop()
    let recipe = """
      merge_method: task_arithmetic
      base_model: base
      models: [{model: base+a1, parameters: {weight: 0.5}}, {model: base+a2, parameters: {weight: 0.5}}]
      dtype: bfloat16
      """
    let outcome = try merge(recipe, place)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("task_arithmetic of 3 checkpoints: "))
    let inspected = try Program.run("inspect", "out", in: place.folder)
    #expect(inspected.status == 0, "\(inspected.errors)")
    #expect(try merge(recipe, place).status == 2)
    #expect(try merge(recipe, place, "--force", "--max-shard-size", "20KB").status == 0)
    #expect(!FileManager.default.contentsOfDirectoryContainsPartial(place.folder))
    let methods = try Program.run("merge", "--list", "--checkpoints", in: place.folder).output
    for line in methods.split(separator: "\n") {
      let name = line.split(separator: " ").first.map(String.init) ?? ""
      let text = try Program.run("merge", "--checkpoints", "--explain", name, in: place.folder)
      #expect(text.status == 0)
      #expect(text.output.hasPrefix("\(name): "))
    }
  }

  @Test func `the methods are listed and explained`() throws {
    let place = try Workplace()
    let list = try Program.run("merge", "--list", in: place.folder)
    #expect(list.status == 0)
    let methods = list.output.split(separator: "\n").compactMap {
      $0.split(separator: " ").first.map(String.init)
    }
    #expect(Set(["linear", "task_arithmetic", "ties", "svd", "tsv_m"]).isSubset(of: methods))
    let preset = try Program.run("merge", "--explain", "ties_svd", in: place.folder).output
    #expect(preset.contains("\nformula of ties: "))
    #expect(preset.contains("\nhere with: elect unweighted, combine mean\n"))
    for method in methods {
      let text = try Program.run("merge", "--explain", method, in: place.folder)
      #expect(text.status == 0)
      #expect(text.output.hasPrefix("\(method): "))
      #expect(text.output.contains("\n  rank ") || text.output.contains(": not one adapter\n"))
    }
  }
}

extension FileManager {
  fileprivate func contentsOfDirectoryContainsPartial(_ folder: URL) -> Bool {
    ((try? contentsOfDirectory(atPath: folder.path)) ?? []).contains { $0.hasSuffix(".partial") }
  }
}
