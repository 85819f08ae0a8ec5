import Basics
import Statistics
import Testing

/// Crossed seeds and items, moderated variances, random effects: generate_procedures.py and generate_models.R.
@Suite struct VarianceTests {
  struct Procedures: GoldenFile {
    struct Crossed: Decodable {
      var a: [[Double]]
      var b: [[Double]]
      var estimate: Double
      var rules: [String: [Double]]
      var seedError: Double
      var itemError: Double
      var clusters: [Int]
      var clusterError: Double
      var paired: [Double]?
    }
    struct Conservative: Decodable {
      var variances: [Double]
      var degrees: [Double]
      var kept: [Bool]
      var squeezed: [Double]
      var freedom: [Double]
    }
    var crossed: [Crossed]
    var conservative: [Conservative]
  }

  struct Models: GoldenFile {
    struct Moderated: Decodable {
      var variances: [Double]
      var degrees: [Double]
      var squeezed: [Double]
      var prior: Double
      var priorDegrees: Double
    }
    struct Components: Decodable {
      var scores: [[Double]]
      var seed: Double
      var item: Double
      var residual: Double
    }
    struct Effects: Decodable {
      var estimates: [Double]
      var errors: [Double]
      var mean: Double
      var error: Double
      var between: Double
      var q: Double
      var low: Double
      var high: Double
    }
    var moderated: [Moderated]
    var components: [Components]
    var effects: [Effects]
  }

  let models: Models

  init() throws { models = try Models.read("models") }

  @Test func `contrasts over seeds and items equal the analysis of variance`() throws {
    let golden = try Procedures.read("procedures")
    #expect(golden.crossed.count == 3)
    for row in golden.crossed {
      let contrast = CrossedContrast(CrossedScores(row.a), CrossedScores(row.b))
      #expect(error(contrast.estimate, row.estimate) < 1e-12)
      #expect(
        error(contrast.seedError, row.seedError) < 1e-12 && error(contrast.itemError, row.itemError) < 1e-12)
      let rules: [(CrossedContrast.Rule, String)] = [
        (.sum, "sum"), (.unbiased, "unbiased"), (.largest, "largest"),
      ]
      for (rule, name) in rules {
        let part = contrast.variance(rule)
        #expect(error([part.variance, part.degrees], try #require(row.rules[name])) < 1e-11, "\(name)")
      }
      let clustered = CrossedContrast(CrossedScores(row.a), CrossedScores(row.b), clusters: row.clusters)
      #expect(error(clustered.itemError, row.clusterError) < 1e-12)
      guard let paired = row.paired else { continue }
      let differences = zip(row.a, row.b).map { zip($0, $1).map { $0 - $1 } }
      let part = CrossedContrast(paired: CrossedScores(differences)).variance()
      #expect(error([part.variance, part.degrees], paired) < 1e-11)
    }
  }

  @Test func `variance components equal lme4's`() throws {
    for row in models.components {
      let scores = CrossedScores(row.scores)
      #expect(error(try #require(scores.residual), row.residual) < 1e-5)
      #expect(error(try #require(scores.seedComponent), row.seed) < 1e-5)
      // Against a side that scores nothing, items are the recipe's own.
      let contrast = CrossedContrast(
        scores, CrossedScores([[Double](repeating: 0, count: scores.items)]))
      #expect(error(contrast.itemComponent, row.item) < 1e-5)
    }
  }

  @Test func `moderated variances equal limma's`() throws {
    for row in models.moderated {
      let ours = ModeratedVariance(row.variances, degrees: row.degrees)
      #expect(error(ours.variances, row.squeezed) < 1e-8)
      #expect(error(try #require(ours.prior), row.prior) < 1e-8)
      #expect(
        row.priorDegrees == 0
          ? ours.priorDegrees.isInfinite : error(ours.priorDegrees, row.priorDegrees) < 1e-7)
    }
  }

  @Test func `the conservative form equals its definition, leaves outliers alone and keeps scale`() throws {
    let golden = try Procedures.read("procedures").conservative
    #expect(golden.contains { $0.kept.contains(false) })
    for row in golden {
      let ours = ModeratedVariance(row.variances, degrees: row.degrees, form: .conservative)
      #expect(ours.isKept == row.kept)
      #expect(error(ours.variances, row.squeezed) < 1e-9 && error(ours.degrees, row.freedom) < 1e-9)
      for (after, before) in zip(ours.variances, row.variances) { #expect(after >= before) }
      let scaled = ModeratedVariance(row.variances.map { 9 * $0 }, degrees: row.degrees, form: .conservative)
      #expect(error(scaled.variances, ours.variances.map { 9 * $0 }) < 1e-12)
    }
    let one = ModeratedVariance([0.5], degrees: [2], form: .conservative)
    #expect(one.variances == [0.5] && one.degrees == [2])
  }

  @Test func `random effects over tasks equal metafor's`() throws {
    for row in models.effects {
      let ours = try #require(RandomEffects(row.estimates, errors: row.errors))
      #expect(error(ours.q, row.q) < 1e-10)
      #expect(abs(ours.between - row.between) < 1e-9)
      #expect(error(ours.mean, row.mean) < 1e-6 && error(ours.error, row.error) < 1e-6)
      #expect(error(ours.halfWidth(), (row.high - row.low) / 2) < 1e-6)
    }
    #expect(RandomEffects([1], errors: [1]) == nil)
  }
}
