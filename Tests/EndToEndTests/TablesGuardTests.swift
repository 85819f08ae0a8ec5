import Foundation
import Testing

/// Tables that were paid for are not replaced by others without a word.
@Suite struct TablesGuardTests {
  @Test func `tables with other settings are refused, with two ways out`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let before = try place.tables()
    for command in ["run", "report"] {
      let refused = try Program.run(command, "m.yaml", "-S", "seeds=[0]", in: place.folder)
      #expect(refused.status == 2 && refused.output == "")
      #expect(
        refused.errors == """
          Results/tiny: error: here stand the tables of the experiment with no -S, which those with -S seeds=[0] would \
          replace
            give the new ones a folder of their own by -S name=tiny-2, or add --force to replace these

          """)
    }
    #expect(try place.tables() == before)
    let beside = try Program.run(
      "report", "m.yaml", "-S", "seeds=[0]", "-S", "name=tiny-2", in: place.folder)
    #expect(beside.status == 0, "\(beside.errors)")
    #expect(try place.tables() == before)
    #expect(try place.read("Results/tiny-2/runs.csv").count < place.read("Results/tiny/runs.csv").count)
    // The same experiment said in another way, or only its title, replaces nothing.
    let same = try Program.run(
      "report", "m.yaml", "-S", "budget.steps=6", "-S", "title=Why", in: place.folder)
    #expect(same.status == 0, "\(same.errors)")
  }

  @Test func `the manifest alone takes its folder back and says so`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let before = try place.tables()
    let forced = try Program.run("report", "m.yaml", "-S", "seeds=[0]", "--force", in: place.folder)
    #expect(forced.status == 0 && forced.errors == "")
    #expect(try place.read("Results/tiny/manifest.lock.yaml").contains("overrides: [\"seeds=[0]\"]\n"))
    let again = try Program.run("run", "m.yaml", "-S", "seeds=[0]", "--quiet", in: place.folder)
    #expect(again.status == 0 && again.errors == "")
    let back = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    #expect(back.status == 0)
    #expect(
      back.errors == """
        Results/tiny: note: the tables with -S seeds=[0] give way to those of the manifest alone; `mixology report` with \
        these settings and -S name=tiny-2 writes them again

        """)
    #expect(try place.tables() == before)
  }

  @Test func `an edited manifest is run again as it is`() throws {
    let place = try Workplace(copying: Finished.get().place)
    try place.write(
      Workplace.tiny.replacingOccurrences(of: "seeds: [0, 1]", with: "seeds: [1]"), to: "m.yaml")
    let outcome = try Program.run("run", "m.yaml", in: place.folder)
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
  }

  @Test func `a report of nothing is an error, and one of a part says which part`() throws {
    let place = try Workplace()
    let nothing = try Program.run("report", "m.yaml", in: place.folder)
    #expect(nothing.status == 2)
    #expect(
      nothing.errors == """
        m.yaml: error: nothing to report: none of 106 jobs has a result in Results/.store
          `mixology run` does them and writes the tables

        """)
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/Results/tiny"))
    let partial = try Workplace(copying: Finished.get().place)
    let jobs = try FileManager.default.contentsOfDirectory(atPath: partial.folder.path + "/Results/.store")
    let evaluations = jobs.filter { job in
      FileManager.default.fileExists(
        atPath: "\(partial.folder.path)/Results/.store/\(job)/predictions.bin")
    }
    for job in evaluations.sorted().prefix(50) {
      try FileManager.default.removeItem(atPath: "\(partial.folder.path)/Results/.store/\(job)")
    }
    let report = try Program.run("report", "m.yaml", in: partial.folder)
    #expect(report.status == 0)
    #expect(report.output.contains("\n56 of 106 jobs have results: the table is incomplete\n"))
    let page = try partial.read("Results/tiny/report.md")
    #expect(page.contains("No job failed. 56 of 106 jobs have results: these tables are incomplete."))
    #expect(!page.contains("Every model has its test scores"))
    #expect(try !Finished.get().place.read("Results/tiny/report.md").contains("incomplete"))
  }
}
