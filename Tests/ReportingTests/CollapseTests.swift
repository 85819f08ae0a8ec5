import Basics
import Reporting
import Results
import Specs
import Testing

/// When a seed has collapsed, which leaves no verdict, and when a recipe has just lost.
@Suite struct CollapseTests {
  /// The comparison of the cocktail with the single of a task of 400 items, on which a constant is right in 0.4, where the seeds
  /// of the cocktail are right in these shares.
  private func contrast(_ shares: [Double]) throws -> (contrast: Contrast, evidence: Evidence) {
    let law = ExperimentLaw(name: "collapse", seeds: shares.count, items: [400, 400], gain: 0.3)
    var source = Normals(RandomStream(seed: 0, "collapse"))
    var drawn = law.draw(&source)
    for index in drawn.results.scores.indices {
      let row = drawn.results.scores[index]
      guard row.model == "cocktail:all", row.task == "t0", row.split == .test, let seed = row.seed else {
        continue
      }
      let right = Int((shares[seed] * 400).rounded())
      // The same items are right for as long as there are any, so that seeds agree as far as they can.
      drawn.scores[row.job] = (0..<400).map { $0 < right ? 1 : 0 }
      drawn.results.scores[index].value = Double(right) / 400
    }
    let evidence = try Evidence.judged(drawn.results, items: drawn)
    let row = try #require(evidence.register.contrast("all_cocktail", task: "t0", metric: "accuracy"))
    return (row, evidence)
  }

  @Test func `a recipe that is weak in all of its seeds has lost`() throws {
    let (weak, _) = try contrast([0.42, 0.40, 0.46, 0.43])
    #expect(weak.collapsed == 0 && weak.outcome == .loss && weak.interval != nil)
    // Nor does one seed that is somewhat better take the verdict away.
    let (better, _) = try contrast([0.42, 0.40, 0.52, 0.43])
    #expect(better.collapsed == 0 && better.outcome == .loss)
  }

  @Test func `a recipe that works in one seed and not in another has no verdict and no interval anywhere`()
    throws
  {
    let (row, evidence) = try contrast([0.80, 0.79, 0.41, 0.80])
    #expect(row.collapsed == 1 && row.outcome == nil && row.interval == nil && row.note == "collapsed")
    let recovered = try #require(evidence.register.recovered["cocktail:all"])
    #expect(recovered.byTask["t0"].map { $0.interval == nil } == true)
    #expect(recovered.byTask["t1"]?.interval != nil)
    #expect(recovered.all?.interval == nil)
    // Four standard errors are 0.14 here.
    #expect(try contrast([0.52, 0.52, 0.41, 0.52]).contrast.collapsed == 0)
    #expect(try contrast([0.56, 0.56, 0.41, 0.56]).contrast.collapsed == 1)
  }

  @Test func `one seed alone shows that a task is learned where its items do`() throws {
    func learned(_ gain: Double) throws -> [String] {
      let law = ExperimentLaw(name: "learned", seeds: 1, items: [400, 400, 400, 400, 400, 400], gain: gain)
      var source = Normals(RandomStream(seed: 0, "learned"))
      let drawn = law.draw(&source)
      return try Evidence.judged(drawn.results, items: drawn).scale.learnedTasks(at: "")
    }
    #expect(try learned(0.3).count == 6)
    #expect(try learned(0).isEmpty)
  }

  @Test func `what another question decides is shown with that question, and counted once`() throws {
    let evidence = try Sample.judged()
    let register = evidence.register
    for row in register.contrasts {
      guard let decided = register.decided(row) else { continue }
      #expect(
        row.outcome == .undecided && decided.comparison == row.comparison && decided.question != row.question)
    }
    let (_, drawn) = try contrast([0.80, 0.79, 0.41, 0.80])
    #expect(drawn.register.judged.collapsed > 0)
    #expect(Page(drawn).answerSentences[0].contains("no verdict, as a seed collapsed"))
  }
}
