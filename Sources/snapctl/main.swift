import SnapCommands

Program.main()
