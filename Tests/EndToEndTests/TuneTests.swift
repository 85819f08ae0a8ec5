import Foundation
import Testing

@Suite struct TuneTests {
  private static let merges = """
    merges:
      - {method: adamerging_layerwise, of: singles, steps: 3, batch: 4, learning_rate: 0.05}
      - {method: adamerging_taskwise_plus, of: singles, steps: 2, batch: 4}
      - {method: atlas, of: [news, score], steps: 3, batch: 4, groups: 2}
      - {method: divmerge, of: singles, steps: 3, rows: 8}
      - {method: concrete_adamerging, of: [news, names], steps: 2, batch: 4}
      - {method: search, of: singles, try: ties, trials: 5, over: {density: [0.2, 0.9]}}
      - {method: search, of: [news, score], name: weighed, searcher: bayesian, trials: 8, search_weights: true}
      - {method: lorahub, of: [news, names], trials: 6}
      - {method: lorahub@paper, of: [news, names], trials: 3, rows: 4}
    """

  private static let manifest =
    Workplace.tiny
    .replacingOccurrences(of: "seeds: [0, 1]", with: "seeds: [0]")
    .components(separatedBy: "merges:")[0].trimmingCharacters(in: .whitespacesAndNewlines) + "\n" + merges

  private struct Stored: Decodable {
    struct Spec: Decodable { let tune: Wrapped? }
    struct Wrapped: Decodable { let _0: Job }
    struct Job: Decodable { let method: String }
  }

  /// The stored tunings: folder and method.
  private func tunings(_ place: Workplace) throws -> [(folder: String, method: String)] {
    try place.stored().compactMap { name in
      let folder = "Results/.store/\(name)"
      let spec = try JSONDecoder().decode(
        Stored.Spec.self, from: Data(place.read("\(folder)/job.json").utf8))
      return spec.tune.map { (folder, $0._0.method) }
    }
  }

  @Test func `merges are learned and searched, whatever the threads, and a second run does nothing`() throws {
    let place = try Workplace(manifest: Self.manifest)
    let outcome = try Program.run("run", "m.yaml", "--workers", "2", in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let tunings = try tunings(place)
    #expect(tunings.count == 9)
    for (folder, method) in tunings {
      let names = try FileManager.default.contentsOfDirectory(atPath: place.folder.path + "/" + folder)
      let isSearch = method == "search" || method.hasPrefix("lorahub")
      #expect(names.contains(isSearch ? "trials.csv" : "coefficients.csv") && names.contains("adapter"))
      // Nothing about test data, not even how many there are.
      #expect(try !place.read("\(folder)/job.json").contains("test"))
      struct Result: Decodable { let tune: Wrapped }
      struct Wrapped: Decodable { let _0: Tuned }
      struct Tuned: Decodable { let start: Double, end: Double, measure: String, rounds: Int }
      let result = try JSONDecoder().decode(Result.self, from: Data(place.read("\(folder)/result.json").utf8))
      if method == "search" { #expect(result.tune._0.end >= result.tune._0.start) }
      if method.hasPrefix("lorahub") { #expect(result.tune._0.end <= result.tune._0.start) }
    }
    let merges = try place.read("Results/tiny/merges.csv")
    #expect(merges.contains("merge:adamerging_layerwise") && merges.contains("merge:weighed"))
    let before = try place.files(below: "Results")
    let again = try Program.run("run", "m.yaml", "--verbose", in: place.folder)
    #expect(again.status == 0 && again.errors == "")
    #expect(try place.files(below: "Results") == before)

    let other = try Workplace(manifest: Self.manifest)
    let threaded = try Program.run(
      "run", "m.yaml", "--workers", "1", "--threads", "2", "--quiet", in: other.folder)
    #expect(threaded.status == 0)
    #expect(try other.artefacts() == place.artefacts())
  }

  @Test func `what the tried method refuses is a trial that lost, unless it refuses all`() throws {
    let place = try Workplace(
      manifest: Self.manifest.components(separatedBy: "merges:")[0] + """
        merges:
          - {method: search, of: singles, try: consensus, trials: 6, over: {k: [1, 5]}}
          - {method: search, of: [news, names], name: never, try: consensus, trials: 3, over: {k: [3, 5]}}
        """)
    let outcome = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains(
        """
        the method refuses all 3 trials of the search; the first: no entry can serve 3 of 2 models: the merge would be zero
          k must be at most the number of models
        """), "\(outcome.errors)")
    let stored = try tunings(place)
    #expect(stored.count == 1)
    let lines = try place.read("\(#require(stored.first).folder)/trials.csv").split(separator: "\n")
    #expect(lines[0] == "trial,k,names,news,score,score,refused")
    #expect(lines.count == 7 && lines[1].hasPrefix("0,2.0,") && lines[1].hasSuffix(","))
    for k in [4, 5] {
      let reason = "no entry can serve \(k) of 3 models: the merge would be zero"
      #expect(lines[k + 1] == "\(k),\(k).0,,,,,\"\(reason)\"")
    }
  }

  @Test func `plan, status and inspect know tunings`() throws {
    let place = try Workplace(
      manifest: Self.manifest.components(separatedBy: "  - {method: adamerging_taskwise_plus")[0])
    let plan = try Program.run("plan", "m.yaml", in: place.folder)
    #expect(plan.status == 0 && plan.output.contains("tune: 1 job, 0 done, 1 to run"), "\(plan.output)")
    #expect(try Program.run("run", "m.yaml", "--quiet", in: place.folder).status == 0)
    let status = try Program.run("status", "m.yaml", in: place.folder)
    #expect(status.output.contains("tune: 1 done"), "\(status.output)")
    let folder = try #require(try tunings(place).first).folder
    let inspected = try Program.run("inspect", folder, in: place.folder)
    #expect(inspected.output.contains("  tuned"), "\(inspected.output)\(inspected.errors)")
  }

  @Test func `what a tuning lacks is told before anything runs`() throws {
    let place = try Workplace(
      manifest: Self.manifest.components(separatedBy: "merges:")[0] + """
        merges:
          - {method: search, try: ties, over: {densty: [0.2, 0.9], scale: [2, 1]}}
          - {method: search, over: {scale: [0, 1000]}}
          - {method: search, try: linear}
          - {method: search, try: slerp, over: {t: [0, 1]}}
        """)
    let outcome = try Program.run("validate", "m.yaml", in: place.folder)
    #expect(outcome.status == 2)
    #expect(
      outcome.errors == """
        m.yaml:14:40: error: 'densty' is no number parameter of merge method 'ties'
           14 |   - {method: search, try: ties, over: {densty: [0.2, 0.9], scale: [2, 1]}}
              |                                        ^ did you mean 'density'?
        m.yaml:14:67: error: 'over.scale' must be two numbers, the smaller one first
           14 |   - {method: search, try: ties, over: {densty: [0.2, 0.9], scale: [2, 1]}}
              |                                                                   ^ for instance [0.1, 1]
        m.yaml:15:36: error: 'scale' must be a number in -100…100
           15 |   - {method: search, over: {scale: [0, 1000]}}
              |                                    ^
        m.yaml:16:27: error: there is nothing to search: no parameter of merge method 'linear' has usual values
           16 |   - {method: search, try: linear}
              |                           ^ name parameters under 'over', or set search_weights: true
        m.yaml:17:14: error: merge method 'slerp' takes at most 2 models, not 3
           17 |   - {method: search, try: slerp, over: {t: [0, 1]}}
              |              ^ models of weight zero do not count

        """)
    let linear = try Workplace(
      manifest: Self.manifest.components(separatedBy: "merges:")[0]
        .replacingOccurrences(of: "{form: score,", with: "{form: score, noise: 0,")
        .replacingOccurrences(of: "base:\n", with: "head: linear\nbase:\n")
        .replacingOccurrences(of: "validation: 12", with: "test: 12").replacingOccurrences(
          of: "test: 12, test: 12", with: "test: 12")
        + "task_defaults: {validation_fraction: 0}\nevaluate: {splits: [test]}\n"
        + "merges: [{method: adamerging_taskwise}]\n")
    let refused = try Program.run("validate", "m.yaml", in: linear.folder)
    #expect(refused.status == 2)
    #expect(
      refused.errors.contains("'adamerging_taskwise' reads validation data, and the task 'news' has none"))
    #expect(
      refused.errors.contains(
        "'adamerging_taskwise' needs predictions that are distributions, and the linear head of the regression "
          + "task 'score' gives one number"))
  }

  @Test func `a recipe over folders is told where such a method belongs`() throws {
    let finished = try Finished.get().place
    let place = try Workplace()
    let trained = try #require(
      finished.stored().first {
        FileManager.default.fileExists(atPath: finished.folder.path + "/Results/.store/\($0)/curve.csv")
          && FileManager.default.fileExists(atPath: finished.folder.path + "/Results/.store/\($0)/adapter")
      })
    try FileManager.default.copyItem(
      atPath: finished.folder.path + "/Results/.store/\(trained)/adapter", toPath: place.folder.path + "/a1")
    try place.write("merge_method: adamerging_layerwise\nmodels: [{model: a1}]", to: "r.yaml")
    let outcome = try Program.run("merge", "r.yaml", "out", in: place.folder)
    #expect(outcome.status == 2)
    #expect(
      outcome.errors == """
        error: 'adamerging_layerwise' tries merges on examples, and there are only adapters here
          list it under 'merges' of a manifest, whose tasks have data: mixology run

        """)
  }
}
