import Basics
import Foundation
import Testing

@Suite struct ParametersTests {
  private static let specs = [
    ParameterSpec("density", .number(0...1), default: .number(0.2), "share of entries kept"),
    ParameterSpec("rank", .integer(0...64), default: .number(8), "rank"),
    ParameterSpec("rslora", .flag, default: .flag(false), "another scale"),
    ParameterSpec("scope", .choice(["tensor", "model"]), default: .text("tensor"), "what is trimmed"),
  ]

  private func checked(_ given: [String: ParameterValue]) throws -> Parameters {
    try Parameters(given, for: Self.specs, of: "merge method 'ties'")
  }

  @Test func `what is not given has its default`() throws {
    let parameters = try checked([:])
    #expect(parameters.number("density") == 0.2)
    #expect(parameters.integer("rank") == 8)
    #expect(!parameters.flag("rslora"))
    #expect(parameters.text("scope") == "tensor")
  }

  @Test func `what is given goes before the default`() throws {
    let parameters = try checked([
      "density": .number(1), "rank": .number(0), "rslora": .flag(true), "scope": .text("model"),
    ])
    #expect(parameters.number("density") == 1)
    #expect(parameters.integer("rank") == 0)
    #expect(parameters.flag("rslora"))
    #expect(parameters.text("scope") == "model")
  }

  @Test func `another default keeps the usual values that it is one of`() {
    let scale = ParameterSpec(
      "scale", .number(-10...10), default: .number(0.3), usual: [0.3, 1], "factor on the sum")
    #expect(scale.replacingDefault(by: nil) == scale)
    let whole = scale.replacingDefault(by: .number(1))
    #expect(whole.defaultValue == .number(1) && whole.usual == scale.usual)
    let fixed = scale.replacingDefault(by: .number(2))
    #expect(fixed.defaultValue == .number(2) && fixed.usual.isEmpty)
  }

  private enum Scope: String, CaseIterable { case tensor, model, row }

  @Test func `words come from the cases of a type and are read as such`() throws {
    let all = ParameterSpec.choice("scope", default: Scope.model, "what is trimmed")
    #expect(all.kind == .choice(["tensor", "model", "row"]) && all.defaultValue == .text("model"))
    let some = ParameterSpec.choice("scope", among: [Scope.row, .model], default: .row, "what is trimmed")
    #expect(some.kind == .choice(["row", "model"]))
    #expect(try Parameters([:], for: [some], of: "it").choice(Scope.self, "scope") == .row)
    let given = try Parameters(["scope": .text("model")], for: [some], of: "it")
    #expect(given.choice(Scope.self, "scope") == .model)
    #expect(given.values.choice(Scope.self, "scope") == .model)
    #expect(given.values.choice(Scope.self, "other") == nil)
    let unchecked: [String: ParameterValue] = ["scope": .text("layer")]
    #expect(unchecked.choice(Scope.self, "scope") == nil)
  }

  @Test func `a wrong value is a refusal, an unknown name is not`() throws {
    func problem(_ given: [String: ParameterValue]) -> Diagnostic? {
      do throws(Diagnostic) {
        _ = try Parameters(given, for: Self.specs, of: "it")
        return nil
      } catch { return error }
    }
    #expect(problem(["density": .number(2)])?.isRefusal == true)
    #expect(problem(["densty": .number(0.5)])?.isRefusal == false)
  }

  @Test func `an unknown name is told with the nearest one`() {
    let expected = Diagnostic(
      "unknown parameter 'densty' of merge method 'ties'", hint: "did you mean 'density'?")
    #expect(throws: expected) { try checked(["densty": .number(0.5)]) }
  }

  @Test(arguments: [
    ("density", ParameterValue.number(2), "'density' must be a number in 0…1"),
    ("density", .number(.nan), "'density' must be a number in 0…1"),
    ("density", .text("much"), "'density' must be a number in 0…1"),
    ("rank", .number(65), "'rank' must be a whole number in 0…64"),
    ("rank", .number(1.5), "'rank' must be a whole number in 0…64"),
    ("rank", .number(.infinity), "'rank' must be a whole number in 0…64"),
    ("rank", .flag(true), "'rank' must be a whole number in 0…64"),
    ("rslora", .number(1), "'rslora' must be true or false"),
    ("scope", .text("layer"), "'scope' must be one of tensor, model"),
    ("scope", .number(1), "'scope' must be one of tensor, model"),
  ])
  func `a wrong value is told with what is right`(name: String, value: ParameterValue, problem: String) {
    #expect(throws: Diagnostic.refusal("\(problem) (merge method 'ties')")) { try checked([name: value]) }
  }

  @Test func `ends of a range belong to it and are written as in a manifest`() {
    let spec = ParameterSpec("noise", .number(-0.5...1000), default: .number(0), "noise")
    #expect(spec.problem(with: .number(-0.5)) == nil)
    #expect(spec.problem(with: .number(1000)) == nil)
    #expect(spec.problem(with: .number(1001)) == "'noise' must be a number in -0.5…1000")
  }

  @Test(arguments: [
    (ParameterValue.number(8), "8"), (.number(0.5), "0.5"), (.number(-3), "-3"), (.flag(true), "true"),
    (.text("model"), "model"), (.number(1e300), "1e+300"),
  ])
  func `values are written as a manifest writes them`(value: ParameterValue, text: String) {
    #expect(value.description == text)
  }

  @Test(arguments: [
    ("[true]", ParameterValue.flag(true)), ("[1]", .number(1)), ("[0.25]", .number(0.25)),
    ("[\"1\"]", .text("1")), ("[\"true\"]", .text("true")),
  ])
  func `JSON scalars keep their kind`(json: String, value: ParameterValue) throws {
    #expect(try JSONDecoder().decode([ParameterValue].self, from: Data(json.utf8)) == [value])
    #expect(String(decoding: try StableHash.canonicalJSON([value]), as: UTF8.self) == json)
  }
}
